import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { EventSocket } from "../../static/js/event_socket.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @type {FakeEventSource[]} every response that was asked for, oldest first */
const sources = [];
/** @type {object[]} every command that was posted: `answer(frame)` or `reject(error)` it */
const posts = [];

/** An EventSource whose other end is the test. */
class FakeEventSource {
  closed = false;

  constructor(url) {
    this.url = url;
    this.open = JSON.parse(url.searchParams.get("open"));
    sources.push(this);
  }

  close() {
    this.closed = true;
  }

  say(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

/** An open connection; what it was told and how it ended. */
function connected() {
  const heard = [];
  const closes = [];
  const socket = new EventSocket("wss://site/ws/", FakeEventSource);
  socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
  socket.onclose = (why) => closes.push(why.code);
  sources[0].onopen();
  const send = (frame) => socket.send(JSON.stringify(frame));
  return { socket, heard, closes, send };
}

const open = (stream, params = {}) => ({ stream, event: "open", params });
const said = (stream, payload) => ({ stream, payload });

beforeEach(() => {
  sources.length = posts.length = 0;
  mock.method(globalThis, "fetch", (url, { body, signal }) => {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = withResolvers();
    signal.addEventListener("abort", () => reject(signal.reason));
    const answer = (frame, status = 200) => resolve(new Response(JSON.stringify(frame), { status }));
    posts.push({ url: String(url), body: JSON.parse(body), answer, reject });
    return promise;
  });
});
afterEach(() => mock.reset());

function withResolvers() {
  let resolve, reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

test("it is open when the server has answered, at the address of the WebSocket", () => {
  const socket = new EventSocket("wss://site/ws/", FakeEventSource);
  socket.onopen = mock.fn();
  assert.equal(socket.onopen.mock.callCount(), 0);
  sources[0].onopen();
  assert.equal(socket.onopen.mock.callCount(), 1);
  assert.match(String(sources[0].url), /^https:\/\/site\/ws\/events\//);
});

test("streams that open together share one response", async () => {
  const { send, heard } = connected();
  send(open("chat/general", { since: 5, epoch: "x" }));
  send(open("tasks"));
  await settled();
  assert.deepEqual(
    sources.map((source) => source.closed),
    [true, false],
  );
  assert.deepEqual(sources[1].open, [
    { stream: "chat/general", params: { since: 5, epoch: "x" } },
    { stream: "tasks", params: {} },
  ]);
  sources[1].say(said("tasks", { type: "hello" }));
  assert.deepEqual(heard, [said("tasks", { type: "hello" })]);
});

test("a stream that opens later has a response of its own, and the others go on", async () => {
  const { send, heard } = connected();
  send(open("chat/general"));
  await settled();
  send(open("tasks"));
  await settled();
  assert.deepEqual(sources[2].open, [{ stream: "tasks", params: {} }]);
  sources[1].say(said("chat/general", 1));
  sources[2].say(said("tasks", 2));
  assert.equal(heard.length, 2);
});

test("a stream that is closed says so, and is not heard any more, even if it opens anew", async () => {
  const { send, heard } = connected();
  send(open("chat/general"));
  send(open("tasks"));
  await settled();
  send({ stream: "chat/general", event: "close" });
  await settled();
  const closed = { stream: "chat/general", event: "closed", payload: { code: 1000, reason: "" } };
  assert.deepEqual(heard, [closed]);
  send(open("chat/general", { since: 6 }));
  await settled();
  sources[1].say(said("chat/general", "of the old one"));
  sources[2].say(said("chat/general", "of the new one"));
  assert.deepEqual(heard.slice(1), [said("chat/general", "of the new one")]);
});

test("a response without streams is closed once there is another", async () => {
  const { send } = connected();
  send(open("chat/general"));
  await settled();
  sources[1].say({ stream: "chat/general", event: "closed", payload: { code: 4409, reason: "" } });
  assert.equal(sources[1].closed, false);
  send(open("tasks"));
  await settled();
  assert.deepEqual(
    sources.map((source) => source.closed),
    [true, true, false],
  );
});

test("commands are posted one after the other, and their answers are heard", async () => {
  const { send, heard } = connected();
  send(said("chat/general", { id: "1" }));
  send(said("chat/general", { id: "2" }));
  await settled();
  assert.deepEqual(
    posts.map(({ body }) => body),
    [said("chat/general", { id: "1" })],
  );
  assert.equal(posts[0].url, "https://site/ws/commands/");
  posts[0].answer(said("chat/general", { ref: "1" }));
  await settled();
  assert.deepEqual(heard, [said("chat/general", { ref: "1" })]);
  assert.equal(posts.length, 2);
});

for (const [what, happens] of Object.entries({
  "a command that is not answered": () => posts[0].reject(new TypeError("network")),
  "an answer that is none of the site's": () => posts[0].answer({}, 502),
  "a response that ends": () => sources[1].onerror(),
}))
  test(`${what} is a connection that is lost, and nothing is posted after it`, async () => {
    const { send, closes } = connected();
    send(open("chat/general"));
    await settled();
    send(said("chat/general", { id: "1" }));
    send(said("chat/general", { id: "2" }));
    await settled();
    happens();
    await settled();
    assert.deepEqual(closes, [1006]);
    assert.ok(sources.every((source) => source.closed));
    assert.equal(posts.filter(({ body }) => body.payload.id === "2").length, 0);
  });

test("one that the page has closed says nothing more", async () => {
  const { socket, send, closes, heard } = connected();
  send(open("chat/general"));
  socket.close();
  await settled();
  send(said("chat/general", { id: "1" }));
  await settled();
  assert.deepEqual([closes, heard], [[], []]);
  assert.ok(sources.every((source) => source.closed));
});
