import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import { Socket } from "../../static/js/socket.js";
import { Transports } from "../../static/js/transports.js";
import { FakeWebSocket, connection, connections } from "./server.js";

const LONGEST_WAIT = 20_000;

const newSocket = () => new Socket("ws://site/ws/", new Transports(FakeWebSocket, FakeWebSocket));

/** A socket whose first connection is open. */
function connected() {
  const socket = newSocket();
  connection().accept();
  return socket;
}

/** A socket with one stream that is open. */
function streaming(handlers) {
  const socket = connected();
  const stream = socket.open("chat/general", handlers);
  connection().say({ stream: "chat/general", event: "opened" });
  return { socket, stream };
}

beforeEach(() => {
  connections.length = 0;
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});
afterEach(() => mock.reset());

describe("the connection", () => {
  test("a ping is answered with its number at once", () => {
    connected();
    connection().say({ event: "ping", payload: 17 });
    assert.deepEqual(connection().frames, [{ event: "pong", payload: 17 }]);
  });

  for (const code of [1000, 1001, 1006, 1011, 4000, 4008, 4012, 4013, 4029, 4399, 4500])
    test(`the client comes back after ${code}`, () => {
      const socket = connected();
      connection().end(code);
      assert.equal(socket.state, "waiting");
      mock.timers.tick(LONGEST_WAIT);
      assert.equal(connections.length, 2);
    });

  for (const code of [4400, 4401, 4403, 4404, 4409, 4499])
    test(`the client stays away after ${code}, and its streams hear why`, () => {
      const refusals = [];
      const { socket } = streaming({ onRefused: (why) => refusals.push(why) });
      connection().end(code, "because");
      mock.timers.tick(10 * LONGEST_WAIT);
      assert.equal(socket.state, "closed");
      assert.equal(connections.length, 1);
      assert.deepEqual(refusals, [{ code, reason: "because" }]);
    });

  test("the client stays away once the page has closed the socket", () => {
    const socket = connected();
    socket.close();
    mock.timers.tick(10 * LONGEST_WAIT);
    assert.equal(connections.length, 1);
    assert.ok(connection().closedByClient);
  });

  test("each state is told", () => {
    const socket = newSocket();
    const states = [socket.state];
    socket.addEventListener("state", () => states.push(socket.state));
    connection().accept();
    connection().end(1006);
    mock.timers.tick(LONGEST_WAIT);
    socket.close();
    assert.deepEqual(states, ["connecting", "open", "waiting", "connecting", "closed"]);
  });

  test("a connection that does not open within 10 seconds is given up for another", () => {
    newSocket();
    mock.timers.tick(10_000);
    assert.ok(connection().closedByClient);
    mock.timers.tick(LONGEST_WAIT);
    assert.equal(connections.length, 2);
  });

  test("the wait can be cut short, and only one connection results", () => {
    const socket = connected();
    connection().end(1006);
    socket.retryNow();
    socket.retryNow();
    mock.timers.tick(9_000);
    assert.equal(connections.length, 2);
  });

  test("what an abandoned connection still says is not heard", () => {
    const payloads = [];
    const { socket } = streaming({ onPayload: (payload) => payloads.push(payload) });
    const abandoned = connection();
    socket.reconnect();
    abandoned.say({ stream: "chat/general", payload: "late" });
    abandoned.end(1006);
    assert.deepEqual(payloads, []);
    mock.timers.tick(9_000);
    assert.equal(connections.length, 2);
  });
});

describe("a quiet connection", () => {
  test("is asked whether it lives, and lives on where it answers", () => {
    const socket = connected();
    for (let minute = 0; minute < 10; minute++) {
      mock.timers.tick(30_000);
      assert.deepEqual(connection().frames.at(-1), { event: "ping" });
      mock.timers.tick(9_999);
      connection().say({ event: "pong", payload: null });
    }
    assert.equal(socket.state, "open");
    assert.equal(connection().frames.length, 10);
    assert.equal(connections.length, 1);
  });

  test("is given up for another where it does not answer within 10 seconds", () => {
    const socket = connected();
    mock.timers.tick(30_000);
    mock.timers.tick(10_000);
    assert.equal(socket.state, "waiting");
    assert.ok(connection().closedByClient);
    mock.timers.tick(LONGEST_WAIT);
    assert.equal(connections.length, 2);
  });

  test("is not asked while others talk on it", () => {
    connected();
    for (let second = 0; second < 100; second++) {
      mock.timers.tick(1_000);
      connection().say({ stream: "chat/general", payload: { type: "typing" } });
    }
    assert.deepEqual(connection().frames, []);
  });
});

describe("a stream", () => {
  test("opens with the connection, and again with parameters of that moment", () => {
    let since = 41;
    const socket = newSocket();
    socket.open("chat/general", { params: () => ({ since }) });
    connection().accept();
    assert.deepEqual(connection().frames, [
      { stream: "chat/general", event: "open", params: { since: 41 } },
    ]);
    since = 58;
    connection().end(1006);
    mock.timers.tick(LONGEST_WAIT);
    connection().accept();
    assert.deepEqual(connection().frames, [
      { stream: "chat/general", event: "open", params: { since: 58 } },
    ]);
  });

  test("hears what is said on it, and only that", () => {
    const payloads = [];
    streaming({ onPayload: (payload) => payloads.push(payload) });
    connection().say({ stream: "chat/general", payload: { type: "hello" } });
    connection().say({ stream: "chat/other", payload: { type: "not for us" } });
    connection().say({ stream: null, event: "error", payload: { code: "bad_json" } });
    assert.deepEqual(payloads, [{ type: "hello" }]);
  });

  test("comes back alone when the server closes it, the socket living on", () => {
    const { socket } = streaming({});
    connection().say({ stream: "chat/general", event: "closed", payload: { code: 1011 } });
    mock.timers.tick(LONGEST_WAIT);
    assert.equal(connections.length, 1);
    assert.equal(socket.state, "open");
    assert.equal(connection().frames.filter((frame) => frame.event === "open").length, 2);
  });

  test("stays away when the server closes it for good", () => {
    const refusals = [];
    const why = { code: 4403, reason: "not a member" };
    streaming({ onRefused: (refusal) => refusals.push(refusal) });
    connection().say({ stream: "chat/general", event: "closed", payload: why });
    mock.timers.tick(10 * LONGEST_WAIT);
    assert.deepEqual(refusals, [why]);
    assert.equal(connection().frames.filter((frame) => frame.event === "open").length, 1);
  });

  test("is refused where the server does not know it", () => {
    const refusals = [];
    connected().open("nope", { onRefused: ({ code }) => refusals.push(code) });
    const payload = { code: "unknown_stream", message: "There is no stream 'nope'." };
    connection().say({ stream: "nope", event: "error", payload });
    assert.deepEqual(refusals, [4404]);
  });

  test("opens again only when the server has closed it, as it refuses to have it twice", () => {
    const { stream } = streaming({});
    stream.reopen();
    stream.reopen();
    assert.deepEqual(
      connection().frames.map((frame) => frame.event),
      ["open", "close"],
    );
    connection().say({ stream: "chat/general", event: "closed", payload: { code: 1000 } });
    assert.equal(connection().frames.at(-1).event, "open");
  });

  test("is not opened again once the page has closed it", () => {
    const { stream } = streaming({});
    stream.close();
    connection().say({ stream: "chat/general", event: "closed", payload: { code: 1000 } });
    assert.equal(connection().frames.at(-1).event, "close");
    connection().end(1006);
    mock.timers.tick(LONGEST_WAIT);
    connection().accept();
    assert.deepEqual(connection().frames, []);
  });
});

describe("a request", () => {
  test("is answered by the reply that names it", async () => {
    const { stream } = streaming({});
    const first = stream.request({ type: "message.send", body: "one" });
    const second = stream.request({ type: "message.send", body: "two" });
    const ids = connection()
      .frames.slice(-2)
      .map((frame) => frame.payload.id);
    connection().say({ stream: "chat/general", payload: { type: "ok", ref: ids[1], seq: 2 } });
    connection().say({ stream: "chat/general", payload: { type: "ok", ref: ids[0], seq: 1 } });
    assert.equal((await first).seq, 1);
    assert.equal((await second).seq, 2);
  });

  test("is rejected by an error reply, with all that it says", async () => {
    const { stream } = streaming({});
    const request = stream.request({ type: "message.send" });
    const { id } = connection().frames.at(-1).payload;
    const error = { code: "rate_limited", message: "Slow down.", retry_after: 2 };
    connection().say({ stream: "chat/general", payload: { type: "error", ref: id, ...error } });
    await assert.rejects(request, { code: "rate_limited", message: "Slow down.", retryAfter: 2 });
  });

  test("is rejected alone where an error of the multiplexer names it", async () => {
    const { stream } = streaming();
    const first = stream.request({ type: "message.send" });
    const second = stream.request({ type: "message.send" });
    const [, { payload: refused }] = connection().frames.slice(-2);
    const payload = { code: "rate_limited", message: "Wait.", retry_after: 2, ref: refused.id };
    connection().say({ stream: "chat/general", event: "error", payload });
    await assert.rejects(second, { code: "rate_limited", retryAfter: 2 });
    const { payload: command } = connection().frames.at(-2);
    connection().say({ stream: "chat/general", payload: { type: "ok", ref: command.id } });
    await first;
  });

  test("is rejected when the multiplexer refuses a frame of its stream", async () => {
    const { stream } = streaming({});
    const request = stream.request({ type: "message.send" });
    const payload = { code: "busy", message: "The stream is behind." };
    connection().say({ stream: "chat/general", event: "error", payload });
    await assert.rejects(request, { code: "busy" });
    assert.equal(stream.state, "open");
  });

  test("is rejected at once without a connection, and when the connection is lost", async () => {
    const { stream } = streaming({});
    const underway = stream.request({ type: "message.send" });
    connection().end(1006);
    await assert.rejects(underway, { code: "connection_lost" });
    await assert.rejects(stream.request({ type: "message.send" }), { code: "connection_lost" });
  });

  test("without an answer is rejected, and a connection without a sound is given up", async () => {
    const { socket, stream } = streaming({});
    mock.timers.tick(1);
    const request = stream.request({ type: "message.send" });
    mock.timers.tick(15_000);
    await assert.rejects(request, { code: "no_answer" });
    assert.equal(socket.state, "waiting");
  });

  test("without an answer costs no connection on which others are answered", async () => {
    const { socket, stream } = streaming({});
    mock.timers.tick(1);
    const request = stream.request({ type: "message.send" });
    mock.timers.tick(14_000);
    connection().say({ event: "ping", payload: 1 });
    mock.timers.tick(1_000);
    await assert.rejects(request, { code: "no_answer" });
    assert.equal(socket.state, "open");
  });
});
