import assert from "node:assert/strict";
import { test } from "node:test";

import { CatchUp } from "../../static/js/catchup.js";

/** A promise that the test keeps: `resolve(value)`. */
function promised() {
  let resolve;
  const promise = new Promise((keep) => (resolve = keep));
  return { promise, resolve };
}

/** A page, and what it was told to show, in order. */
function catchUp() {
  const shown = [];
  const show = (what) => shown.push(what);
  return { shown, page: new CatchUp(show, show) };
}

test("an event is shown at once where no page is on its way", () => {
  const { shown, page } = catchUp();
  page.accept("event");
  assert.deepEqual(shown, ["event"]);
});

test("what happens while a page is on its way is shown on top of it, in order", async () => {
  const { shown, page } = catchUp();
  const fresh = promised();
  const loaded = page.load(fresh.promise);
  page.accept("first");
  page.accept("second");
  assert.deepEqual(shown, []);
  fresh.resolve("page");
  await loaded;
  page.accept("third");
  assert.deepEqual(shown, ["page", "first", "second", "third"]);
});

test("what happens is shown on top of the last of several pages", async () => {
  const { shown, page } = catchUp();
  const [one, other] = [promised(), promised()];
  const loaded = [page.load(one.promise), page.load(other.promise)];
  page.accept("event");
  other.resolve("other");
  await loaded[1];
  assert.deepEqual(shown, ["other"]);
  one.resolve("one");
  await loaded[0];
  assert.deepEqual(shown, ["other", "one", "event"]);
});

test("what happens is shown, too, where the page does not come", async () => {
  const { shown, page } = catchUp();
  const loaded = page.load(Promise.reject(new Error("offline")));
  page.accept("event");
  await assert.rejects(loaded, { message: "offline" });
  assert.deepEqual(shown, ["event"]);
});
