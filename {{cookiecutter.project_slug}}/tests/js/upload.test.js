import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { sizeText } from "../../static/js/sizes.js";
import { UploadError, Uploads } from "../../static/js/upload.js";

/** As much of `sessionStorage` as uploads use. */
class MemoryStorage extends Map {
  getItem = (key) => this.get(key) ?? null;
  setItem = (key, value) => this.set(key, value);
  removeItem = (key) => this.delete(key);
}

const texts = { tooLarge: "too large", tooMany: "too many", lost: "lost" };
const settled = () => new Promise((resolve) => setImmediate(resolve));
const file = (name, size = 5) => new File(["x".repeat(size)], name);
const storedAs = (name) => ({ id: `id of ${name}`, name, size: 5, url: `/${name}/` });
let storage;

beforeEach(() => {
  storage = new MemoryStorage();
});

/** Uploads whose requests the test answers: `sent[n].resolve()` or `.reject(error)`. */
function uploadsOn(limits = {}) {
  const sent = [];
  const discarded = [];
  const shown = new Map();
  const outlets = {
    send: (file, onProgress, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new UploadError("")));
        sent.push({ file, onProgress, signal, resolve, reject });
      }),
    discard: ({ id }) => discarded.push(id),
    onChange: (upload) => shown.set(upload.key, upload),
    onRemoved: ({ key }) => shown.delete(key),
  };
  const all = { bytes: 100, files: 10, ...limits };
  const uploads = new Uploads(storage, "files", outlets, all, texts);
  return { uploads, sent, discarded, rows: () => [...shown.values()] };
}

test("files go up two at a time, in their order", async () => {
  const { uploads, sent, rows } = uploadsOn();
  uploads.add([file("a"), file("b"), file("c")]);
  assert.deepEqual(
    rows().map(({ state }) => state),
    ["uploading", "uploading", "waiting"],
  );
  sent[0].resolve(storedAs("a"));
  await settled();
  assert.deepEqual(
    rows().map(({ state }) => state),
    ["done", "uploading", "uploading"],
  );
});

test("what is there goes with one message", async () => {
  const { uploads, sent, rows } = uploadsOn();
  uploads.add([file("a")]);
  assert.deepEqual([uploads.busy, uploads.ready], [true, false]);
  sent[0].onProgress(0.5);
  assert.equal(rows()[0].progress, 0.5);
  sent[0].resolve(storedAs("a"));
  await settled();
  assert.deepEqual([uploads.busy, uploads.ready], [false, true]);
  assert.deepEqual(uploads.take(), [storedAs("a")]);
  assert.deepEqual(uploads.take(), []);
  assert.deepEqual(rows(), []);
});

test("what is there survives a reload, until it is sent", async () => {
  const before = uploadsOn();
  before.uploads.add([file("a"), file("b")]);
  before.sent[0].resolve(storedAs("a"));
  await settled();
  const after = uploadsOn();
  assert.deepEqual(
    after.rows().map(({ name, state }) => [name, state]),
    [["a", "done"]],
  );
  after.uploads.take();
  assert.equal(storage.size, 0);
});

test("a file that got lost on its way can be tried again", async () => {
  const { uploads, sent, rows } = uploadsOn();
  uploads.add([file("a")]);
  sent[0].reject(new UploadError(""));
  await settled();
  assert.deepEqual([rows()[0].state, rows()[0].problem], ["failed", "lost"]);
  uploads.retry(rows()[0].key);
  assert.equal(sent[1].file, sent[0].file);
  sent[1].resolve(storedAs("a"));
  await settled();
  assert.deepEqual([rows()[0].state, rows()[0].problem], ["done", ""]);
});

test("a file that the server has refused says why, and is not tried again", async () => {
  const { uploads, sent, rows } = uploadsOn();
  uploads.add([file("a")]);
  sent[0].reject(new UploadError("It is no picture.", true));
  await settled();
  uploads.retry(rows()[0].key);
  assert.equal(sent.length, 1);
  assert.equal(rows()[0].problem, "It is no picture.");
  assert.equal(uploads.busy, false);
});

test("a file that is too large, or one too many, is not sent at all", () => {
  const { uploads, sent, rows } = uploadsOn({ bytes: 9, files: 2 });
  uploads.add([file("large", 10), file("a"), file("b")]);
  assert.deepEqual(
    rows().map(({ problem }) => problem),
    ["too large", "", "too many"],
  );
  assert.equal(sent.length, 1);
});

test("a cancelled file leaves nothing, and makes room for the next", async () => {
  const { uploads, sent, discarded, rows } = uploadsOn();
  uploads.add([file("a"), file("b"), file("c")]);
  uploads.remove(rows()[0].key);
  await settled();
  assert.equal(sent[0].signal.aborted, true);
  assert.deepEqual(
    rows().map(({ name, state }) => [name, state]),
    [
      ["b", "uploading"],
      ["c", "uploading"],
    ],
  );
  assert.deepEqual(discarded, []);
});

test("a file that is there and is removed is given back to the server", async () => {
  const { uploads, sent, discarded, rows } = uploadsOn();
  uploads.add([file("a")]);
  sent[0].resolve(storedAs("a"));
  await settled();
  uploads.remove(rows()[0].key);
  assert.deepEqual(discarded, ["id of a"]);
  assert.equal(storage.size, 0);
});

test("sizes are written as people write them", () => {
  const plain = (bytes, language) => sizeText(bytes, language).replace(/\s/g, " ");
  assert.equal(plain(0, "en"), "0 bytes");
  assert.equal(plain(1536, "en"), "1.5 KB");
  assert.equal(plain(10 * 1024 ** 2, "en"), "10.0 MB");
  assert.equal(plain(1.5 * 1024 ** 2, "de"), "1,5 MB");
});
