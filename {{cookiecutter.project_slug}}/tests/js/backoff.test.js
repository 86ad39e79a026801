import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Backoff } from "../../static/js/backoff.js";

const waits = (backoff, count) => Array.from({ length: count }, () => backoff.next());

beforeEach(() => mock.timers.enable({ apis: ["Date"] }));
afterEach(() => mock.reset());

test("the longest wait doubles from half a second to twenty seconds", () => {
  mock.method(Math, "random", () => 1);
  assert.deepEqual(waits(new Backoff(), 8), [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
});

test("the wait is a random part of that, from nothing on", () => {
  const backoff = new Backoff();
  mock.method(Math, "random", () => 0);
  assert.equal(backoff.next(), 0);
  mock.method(Math, "random", () => 0.5);
  assert.equal(backoff.next(), 500);
});

test("what lasted makes the next wait short again; what broke at once does not", () => {
  mock.method(Math, "random", () => 1);
  const backoff = new Backoff();
  waits(backoff, 4);
  backoff.succeeded();
  mock.timers.tick(4_999);
  assert.equal(backoff.next(), 8000);
  backoff.succeeded();
  mock.timers.tick(5_000);
  assert.deepEqual(waits(backoff, 3), [500, 1000, 2000]);
});
