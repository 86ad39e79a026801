import assert from "node:assert/strict";
import { test } from "node:test";

import { Unread, shownCount } from "../../static/js/unread.js";

/** Counts of a room "tea" after message 10, which `reads` may read at once. */
function counts({ unread = 0, mentioned = false, seq = 10, readSeq = 10 } = {}, reads) {
  const shown = [];
  const rooms = new Unread((room, count) => shown.push([room, count.unread]), reads);
  rooms.restart(new Map([["tea", { unread, mentioned, seq, readSeq }]]));
  const said = (added, at) => rooms.happened({ room: "tea", new: added, seq: at });
  return { rooms, said, shown, last: () => shown.at(-1) };
}

test("what others say is counted", () => {
  const { rooms, said, last } = counts();
  said(2, 12);
  said(1, 14);
  assert.deepEqual(last(), ["tea", 3]);
  assert.equal(rooms.total, 3);
});

test("what was read in another tab is not counted when the news of it come later", () => {
  const { rooms, said, last } = counts();
  rooms.read("tea", 12);
  said(2, 12);
  assert.deepEqual(last(), ["tea", 0]);
  said(3, 13);
  assert.deepEqual(last(), ["tea", 1]);
});

test("to read some leaves the others", () => {
  const { rooms, last } = counts({ unread: 5, mentioned: true, seq: 15 });
  rooms.read("tea", 13);
  assert.deepEqual(last(), ["tea", 2]);
  assert.equal(rooms.mentionedIn("tea"), true);
  rooms.read("tea", 15);
  assert.deepEqual(last(), ["tea", 0]);
  assert.equal(rooms.mentionedIn("tea"), false);
});

test("one's own messages are news, and not unread", () => {
  const { said, last } = counts();
  said(0, 11);
  assert.deepEqual(last(), ["tea", 0]);
});

test("what is read at once is never unread", () => {
  let looks = true;
  const { rooms, said, last } = counts({ unread: 4, seq: 14 }, () => looks);
  assert.deepEqual(last(), ["tea", 0]);
  looks = false;
  said(1, 15);
  assert.deepEqual(last(), ["tea", 1]);
  looks = true;
  rooms.look("tea");
  assert.deepEqual(last(), ["tea", 0]);
});

test("a fresh page takes the place of what was counted", () => {
  const { rooms, said } = counts();
  said(3, 13);
  rooms.restart(new Map());
  assert.equal(rooms.total, 0);
  assert.equal(rooms.has("tea"), false);
});

for (const [unread, shown] of [
  [1, "1"],
  [99, "99"],
  [100, "99+"],
  [1000, "99+"],
])
  test(`${unread} unread messages are shown as ${shown}`, () =>
    assert.equal(shownCount(unread), shown));
