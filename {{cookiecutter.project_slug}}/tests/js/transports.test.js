import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Socket } from "../../static/js/socket.js";
import { Transports } from "../../static/js/transports.js";
import { FakeWebSocket, connection, connections } from "./server.js";

const LONGEST_WAIT = 20_000;
const MINUTE = 60_000;

class Fallback extends FakeWebSocket {}

const newSocket = () => new Socket("ws://site/ws/", new Transports(FakeWebSocket, Fallback));
const tried = () => connections.map((each) => (each instanceof Fallback ? "fallback" : "socket"));

/** The last connection fails, and the next one is tried. */
function fail() {
  connection().end(1006);
  mock.timers.tick(LONGEST_WAIT);
}

/** A socket for which two WebSockets have failed, and the fallback works. */
function fallenBack(handlers) {
  const socket = newSocket();
  socket.open("chat/general", handlers);
  fail();
  fail();
  const fallback = connection();
  fallback.accept();
  fallback.say({ event: "pong" });
  return { socket, fallback };
}

beforeEach(() => {
  connections.length = 0;
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});
afterEach(() => mock.reset());

test("after two WebSockets that do not open, the fallback is tried", () => {
  newSocket();
  fail();
  fail();
  assert.deepEqual(tried(), ["socket", "socket", "fallback"]);
});

test("a WebSocket that is cut before anything is heard counts as one that does not open", () => {
  newSocket();
  for (let time = 0; time < 2; time++) {
    connection().accept();
    fail();
  }
  assert.deepEqual(tried(), ["socket", "socket", "fallback"]);
});

test("a WebSocket that worked for a while is tried twice again", () => {
  newSocket();
  fail();
  connection().accept();
  connection().say({ event: "pong" });
  fail();
  fail();
  assert.deepEqual(tried(), ["socket", "socket", "socket", "socket"]);
});

test("while the site is away, both are tried in turns", () => {
  newSocket();
  for (let time = 0; time < 5; time++) fail();
  assert.deepEqual(tried(), ["socket", "socket", "fallback", "socket", "socket", "fallback"]);
});

test("the fallback is tried again when it is lost while WebSockets do not work", () => {
  const { fallback } = fallenBack();
  connection().end(1006); // the probe
  fallback.end(1006);
  mock.timers.tick(LONGEST_WAIT);
  assert.deepEqual(tried().at(-1), "fallback");
});

test("a WebSocket that is answered takes over at once, with streams that go on", () => {
  let since = 41;
  const { socket, fallback } = fallenBack({ params: () => ({ since }) });
  const probe = connection();
  assert.ok(!(probe instanceof Fallback));
  since = 58;
  probe.accept();
  assert.equal(fallback.closedByClient, false);
  probe.say({ event: "pong", payload: null });
  assert.equal(fallback.closedByClient, true);
  assert.equal(socket.state, "open");
  assert.deepEqual(probe.frames, [
    { event: "ping" },
    { stream: "chat/general", event: "open", params: { since: 58 } },
  ]);
});

test("a WebSocket that opens but carries nothing does not take over", () => {
  const { socket, fallback } = fallenBack();
  connection().accept();
  connection().end(1006);
  assert.equal(socket.state, "open");
  assert.equal(fallback.closedByClient, false);
});

test("a WebSocket is looked for every few minutes, and when the network changes", () => {
  const { socket, fallback } = fallenBack();
  connection().end(1006);
  const before = connections.length;
  fallback.say({ event: "pong" });
  socket.retryNow();
  assert.equal(connections.length, before + 1);
  connection().end(1006);
  for (let second = 0; second < 600; second += 15) {
    fallback.say({ event: "pong" });
    mock.timers.tick(15_000);
  }
  assert.ok(connections.length > before + 1);
  assert.equal(fallback.closedByClient, false);
});

test("nothing is looked for once the page has closed the socket", () => {
  const { socket } = fallenBack();
  socket.close();
  const count = connections.length;
  assert.ok(connection().closedByClient);
  socket.retryNow();
  mock.timers.tick(60 * MINUTE);
  assert.equal(connections.length, count);
});
