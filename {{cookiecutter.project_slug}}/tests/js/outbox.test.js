import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Outbox } from "../../static/js/outbox.js";
import { RequestError } from "../../static/js/stream.js";

/** As much of `sessionStorage` as the outbox uses. */
class MemoryStorage extends Map {
  getItem = (key) => this.get(key) ?? null;
  setItem = (key, value) => this.set(key, value);
  removeItem = (key) => this.delete(key);
}

/** An outbox whose sends the test answers: `sent[n].resolve()` or `.reject(error)`. */
function outboxOn(storage) {
  const sent = [];
  const changes = [];
  const done = [];
  const replies = [];
  const outbox = new Outbox(storage, "outbox:alice:chat/general", {
    send: (message) => new Promise((resolve, reject) => sent.push({ message, resolve, reject })),
    onChange: ({ body, problem }) => changes.push({ body, problem }),
    onSent: (clientId, reply) => {
      done.push(clientId);
      replies.push(reply);
    },
  });
  return { outbox, sent, changes, done, replies };
}

const lost = () => new RequestError({ code: "connection_lost" });
const settled = () => new Promise((resolve) => setImmediate(resolve));
let storage;

beforeEach(() => {
  storage = new MemoryStorage();
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.reset());

test("a message is sent once, under an id of its own", async () => {
  const { outbox, sent, done } = outboxOn(storage);
  outbox.add({ body: "hi" });
  outbox.flush();
  assert.equal(sent.length, 1);
  assert.match(
    sent[0].message.client_id,
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  sent[0].resolve({ seq: 1 });
  await settled();
  assert.deepEqual(done, [sent[0].message.client_id]);
  outbox.flush();
  assert.equal(sent.length, 1);
});

test("the next message goes out once the one before it was answered", async () => {
  const { outbox, sent } = outboxOn(storage);
  const bodies = () => sent.map(({ message }) => message.body);
  for (const body of ["one", "two", "three"]) outbox.add({ body });
  await settled();
  assert.deepEqual(bodies(), ["one"]);
  sent[0].resolve({ seq: 1 });
  await settled();
  assert.deepEqual(bodies(), ["one", "two"]);
  sent[1].reject(new RequestError({ code: "unknown_command", message: "No such command." }));
  await settled();
  assert.deepEqual(bodies(), ["one", "two", "three"]);
});

test("what was not acknowledged is sent again, in order and under the same ids", async () => {
  const { outbox, sent } = outboxOn(storage);
  outbox.add({ body: "one" });
  outbox.add({ body: "two" });
  sent[0].reject(lost());
  await settled();
  assert.equal(sent.length, 1);
  outbox.flush();
  sent[1].resolve({ seq: 1 });
  await settled();
  assert.deepEqual(sent[1].message, sent[0].message);
  assert.deepEqual(
    sent.map(({ message }) => message.body),
    ["one", "one", "two"],
  );
});

test("a message that has to wait lets none overtake it", async () => {
  const { outbox, sent } = outboxOn(storage);
  outbox.add({ body: "one" });
  sent[0].reject(new RequestError({ code: "rate_limited", retry_after: 7 }));
  await settled();
  outbox.add({ body: "two" });
  await settled();
  assert.equal(sent.length, 1);
  mock.timers.tick(7_000);
  assert.equal(sent[1].message.body, "one");
});

test("what a message answers and shows is kept and sent with it", async () => {
  const before = outboxOn(storage);
  const content = { body: "hi", reply_to: { id: 3 }, attachments: [{ id: "a" }] };
  before.outbox.add(content);
  const after = outboxOn(storage);
  after.outbox.flush();
  const { client_id: _, ...sent } = after.sent[0].message;
  assert.deepEqual(sent, content);
});

test("the answer of a command is passed on", async () => {
  const { outbox, sent, replies } = outboxOn(storage);
  outbox.add({ body: "/help" });
  sent[0].resolve({ notice: "There are some." });
  await settled();
  assert.deepEqual(replies, [{ notice: "There are some." }]);
});

test("what was not acknowledged survives a reload", async () => {
  const before = outboxOn(storage);
  before.outbox.add({ body: "hi" });
  const after = outboxOn(storage);
  after.outbox.flush();
  assert.deepEqual(after.sent[0].message, before.sent[0].message);
});

test("nothing is left behind once the server has it", async () => {
  const { outbox, sent } = outboxOn(storage);
  outbox.add({ body: "hi" });
  assert.equal(storage.size, 1);
  sent[0].resolve({ seq: 1 });
  await settled();
  assert.equal(storage.size, 0);
});

test("a refused message says why and waits for a second try", async () => {
  const { outbox, sent, changes } = outboxOn(storage);
  outbox.add({ body: "hi" });
  sent[0].reject(new RequestError({ code: "not_allowed", message: "The room is closed." }));
  await settled();
  outbox.flush();
  mock.timers.tick(60_000);
  assert.equal(sent.length, 1);
  outbox.retry(sent[0].message.client_id);
  assert.equal(sent.length, 2);
  assert.deepEqual(
    changes.map(({ problem }) => problem),
    [undefined, "The room is closed.", undefined],
  );
});

test("a message that came too fast is sent again when the server said to", async () => {
  const { outbox, sent, changes } = outboxOn(storage);
  outbox.add({ body: "hi" });
  sent[0].reject(new RequestError({ code: "rate_limited", retry_after: 7 }));
  await settled();
  mock.timers.tick(6_999);
  assert.equal(sent.length, 1);
  mock.timers.tick(1);
  assert.equal(sent.length, 2);
  assert.equal(changes.length, 1);
});

test("a message that got no answer is sent again on the same connection", async () => {
  const { outbox, sent } = outboxOn(storage);
  outbox.add({ body: "hi" });
  sent[0].reject(new RequestError({ code: "no_answer" }));
  await settled();
  mock.timers.tick(3_000);
  assert.equal(sent.length, 2);
});

test("a message that was seen in the room is not sent again", async () => {
  const { outbox, sent } = outboxOn(storage);
  outbox.add({ body: "hi" });
  outbox.remove(sent[0].message.client_id);
  sent[0].reject(lost());
  await settled();
  outbox.flush();
  assert.equal(sent.length, 1);
  assert.equal(storage.size, 0);
});
