import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Sequence } from "../../static/js/sequence.js";

/** A sequence after `last`; what it applies, and how often it asks for what is missing. */
function sequenceAfter(last) {
  const applied = [];
  const onGap = mock.fn();
  const sequence = new Sequence(last, (event) => applied.push(event.seq), onGap);
  const accept = (...seqs) => seqs.forEach((seq) => sequence.accept({ seq }));
  return { sequence, applied, accept, gaps: () => onGap.mock.callCount() };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.reset());

test("events are applied once each", () => {
  const { applied, accept } = sequenceAfter(10);
  accept(9, 10, 11, 11, 12, 11);
  assert.deepEqual(applied, [11, 12]);
});

test("events that come in the wrong order are applied in the right one", () => {
  const { applied, accept, gaps } = sequenceAfter(10);
  accept(13, 12);
  assert.deepEqual(applied, []);
  accept(11);
  assert.deepEqual(applied, [11, 12, 13]);
  mock.timers.tick(60_000);
  assert.equal(gaps(), 0);
});

test("an event that does not come is asked for", () => {
  const { sequence, accept, gaps } = sequenceAfter(10);
  accept(12);
  assert.equal(gaps(), 0);
  mock.timers.tick(1_000);
  assert.equal(gaps(), 1);
  assert.equal(sequence.last, 10);
});

test("a number that the server has not is no longer waited for", () => {
  const { sequence, applied, accept, gaps } = sequenceAfter(10);
  accept(13, 15, 16);
  sequence.complete(15);
  assert.deepEqual(applied, [13, 15, 16]);
  assert.equal(sequence.last, 16);
  mock.timers.tick(60_000);
  assert.equal(gaps(), 0);
});

test("the last numbers may be missing too, where messages were deleted", () => {
  const { sequence, applied, accept } = sequenceAfter(10);
  sequence.complete(12);
  accept(13);
  assert.deepEqual(applied, [13]);
});

test("what happens while the history is loaded anew is neither lost nor shown twice", () => {
  const { sequence, applied, accept, gaps } = sequenceAfter(10);
  sequence.hold();
  accept(300, 301, 302);
  mock.timers.tick(60_000);
  assert.deepEqual(applied, []);
  assert.equal(gaps(), 0);
  sequence.restart(301);
  assert.deepEqual(applied, [302]);
  assert.equal(sequence.last, 302);
});

test("a history that ends earlier, as after a restored backup, is followed", () => {
  const { sequence, applied, accept } = sequenceAfter(1000);
  sequence.hold();
  accept(11);
  sequence.restart(10);
  accept(12);
  assert.deepEqual(applied, [11, 12]);
});
