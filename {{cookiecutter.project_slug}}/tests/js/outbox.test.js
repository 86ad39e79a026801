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
  const outbox = new Outbox(storage, "outbox:alice:chat/general", {
    send: (message) => new Promise((resolve, reject) => sent.push({ message, resolve, reject })),
    onChange: ({ body, problem }) => changes.push({ body, problem }),
    onSent: (clientId) => done.push(clientId),
  });
  return { outbox, sent, changes, done };
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
  outbox.add("hi");
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

test("what was not acknowledged is sent again, in order and under the same ids", async () => {
  const { outbox, sent } = outboxOn(storage);
  outbox.add("one");
  outbox.add("two");
  sent.forEach(({ reject }) => reject(lost()));
  await settled();
  outbox.flush();
  assert.deepEqual(
    sent.slice(2).map(({ message }) => message),
    sent.slice(0, 2).map(({ message }) => message),
  );
});

test("what was not acknowledged survives a reload", async () => {
  const before = outboxOn(storage);
  before.outbox.add("hi");
  const after = outboxOn(storage);
  after.outbox.flush();
  assert.deepEqual(after.sent[0].message, before.sent[0].message);
});

test("nothing is left behind once the server has it", async () => {
  const { outbox, sent } = outboxOn(storage);
  outbox.add("hi");
  assert.equal(storage.size, 1);
  sent[0].resolve({ seq: 1 });
  await settled();
  assert.equal(storage.size, 0);
});

test("a refused message says why and waits for a second try", async () => {
  const { outbox, sent, changes } = outboxOn(storage);
  outbox.add("hi");
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
  outbox.add("hi");
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
  outbox.add("hi");
  sent[0].reject(new RequestError({ code: "no_answer" }));
  await settled();
  mock.timers.tick(3_000);
  assert.equal(sent.length, 2);
});

test("a message that was seen in the room is not sent again", async () => {
  const { outbox, sent } = outboxOn(storage);
  outbox.add("hi");
  outbox.remove(sent[0].message.client_id);
  sent[0].reject(lost());
  await settled();
  outbox.flush();
  assert.equal(sent.length, 1);
  assert.equal(storage.size, 0);
});
