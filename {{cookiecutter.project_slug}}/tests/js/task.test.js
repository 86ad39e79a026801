import assert from "node:assert/strict";
import { test } from "node:test";

import { shownTask } from "../../static/js/task.js";

/** An event of the stream `tasks`, of a task that has said nothing yet. */
function event(changes) {
  const silent = { done: null, total: null, note: "", result: null, error: "" };
  return { task: "1", name: "room_export", status: "RUNNING", attempt: 1, ...silent, ...changes };
}

for (const [status, error, state] of [
  ["READY", "", "waiting"],
  ["RUNNING", "ZeroDivisionError", "running"],
  ["SUCCESSFUL", "", "finished"],
  ["FAILED", "ZeroDivisionError", "failed"],
  ["FAILED", "Cancelled", "cancelled"],
])
  test(`a task that is ${status} ${error} is shown as ${state}`, () => {
    assert.equal(shownTask(event({ status, error })).state, state);
  });

for (const [done, total, percent] of [
  [0, 900, 0],
  [378, 900, 42],
  [899.9, 900, 99],
  [900, 900, 100],
  [1000, 900, 100],
  [-1, 900, 0],
  [120, null, null],
  [null, null, null],
  [0, 0, null],
])
  test(`${done} of ${total} is shown as ${percent}`, () => {
    assert.equal(shownTask(event({ done, total })).percent, percent);
  });

test("a name is shown as words", () => {
  assert.equal(shownTask(event({ name: "room_export_all" })).name, "room export all");
});

test("a result is shown if it is text", () => {
  assert.equal(shownTask(event({ result: "exports/general.json" })).result, "exports/general.json");
  for (const result of [null, 7, { path: "general.json" }])
    assert.equal(shownTask(event({ result })).result, "");
});
