import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Typing, typingLine, typingNotice } from "../../static/js/typing.js";

const [alice, bob, carol] = ["alice", "bob", "carol"].map((author) => ({
  author,
  name: author.toUpperCase(),
}));

/** Who types, as it was shown each time. */
function watched() {
  const shown = [];
  return { shown, typing: new Typing((names) => shown.push(names.join("+"))) };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.reset());

test("the others are told every three seconds at most", () => {
  const tell = mock.fn();
  const typed = typingNotice(tell);
  typed();
  typed();
  mock.timers.tick(2_999);
  typed();
  assert.equal(tell.mock.callCount(), 1);
  mock.timers.tick(1);
  typed();
  assert.equal(tell.mock.callCount(), 2);
});

test("who has not typed for five seconds is not shown any more", () => {
  const { shown, typing } = watched();
  typing.started(alice);
  mock.timers.tick(3_000);
  typing.started(alice);
  mock.timers.tick(4_999);
  assert.deepEqual(shown, ["ALICE", "ALICE"]);
  mock.timers.tick(1);
  assert.deepEqual(shown, ["ALICE", "ALICE", ""]);
});

test("who has sent what they typed is not shown any more", () => {
  const { shown, typing } = watched();
  typing.started(alice);
  typing.started(bob);
  typing.stopped("alice");
  typing.stopped("carol");
  assert.deepEqual(shown, ["ALICE", "ALICE+BOB", "BOB"]);
});

test("names are shown for one and for two; more are several, and names are no patterns", () => {
  const dataset = { one: "{name} types", two: "{name}, {other} type", several: "several type" };
  const line = { dataset, textContent: "" };
  const show = typingLine(line);
  for (const [people, text] of [
    [[alice], "ALICE types"],
    [[{ name: "{other} $&" }, bob], "{other} $&, BOB type"],
    [[alice, bob, carol], "several type"],
    [[], ""],
  ]) {
    show(people.map(({ name }) => name));
    assert.equal(line.textContent, text);
  }
});
