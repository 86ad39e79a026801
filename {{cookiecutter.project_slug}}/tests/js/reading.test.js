import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Reading } from "../../static/js/reading.js";

/** A reader who had read up to 10; what the server is told. */
function reader() {
  const told = [];
  return { told, reading: new Reading(10, {}, (id) => told.push(id)) };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.reset());

test("the server is told at once, then every two seconds at most, and of the last in the end", () => {
  const { told, reading } = reader();
  for (const id of [11, 12, 13]) reading.upTo(id);
  assert.deepEqual(told, [11]);
  mock.timers.tick(2_000);
  assert.deepEqual(told, [11, 13]);
  mock.timers.tick(60_000);
  assert.deepEqual(told, [11, 13]);
});

test("what was read stays read", () => {
  const { told, reading } = reader();
  reading.upTo(9);
  reading.upTo(10);
  assert.deepEqual(told, []);
  reading.upTo(12);
  reading.upTo(11);
  mock.timers.tick(60_000);
  assert.deepEqual(told, [12]);
});

test("after a reconnection the server is told once more", () => {
  const { told, reading } = reader();
  reading.upTo(11);
  mock.timers.tick(2_000);
  reading.again();
  assert.deepEqual(told, [11, 11]);
});
