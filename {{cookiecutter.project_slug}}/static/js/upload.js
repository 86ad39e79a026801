/**
 * Files on their way to the server, a few at once, and those that are there and wait to be sent
 * with a message. These survive a reload of the page.
 */

import { uuid } from "./uuid.js";

const AT_ONCE = 2;

/**
 * @typedef {object} StoredFile what the server says of it, as in events
 * @property {string} id
 * @property {string} name
 * @property {number} size
 * @property {string} url
 *
 * @typedef {object} Upload
 * @property {string} key
 * @property {string} name
 * @property {number} size bytes
 * @property {"waiting" | "uploading" | "done" | "failed"} state
 * @property {number} progress up to 1
 * @property {string} problem why it failed
 * @property {boolean} hopeless the same file will be refused again
 *
 * @typedef {object} Outlets
 * @property {(file: File, onProgress: (part: number) => void, signal: AbortSignal) => Promise<StoredFile>} send
 *   rejects with an UploadError
 * @property {(file: StoredFile) => void} discard it will not be sent
 * @property {(upload: Upload) => void} onChange it is new, or is not as it was
 * @property {(upload: Upload) => void} onRemoved
 *
 * @typedef {{bytes: number, files: number}} Limits of one file, and of one message
 * @typedef {{tooLarge: string, tooMany: string, lost: string}} Texts
 */

export class UploadError extends Error {
  /** @param {string} message @param {boolean} [hopeless] the server has refused the file itself */
  constructor(message, hopeless = false) {
    super(message);
    this.hopeless = hopeless;
  }
}

export class Uploads {
  #storage;
  #storageKey;
  #outlets;
  #limits;
  #texts;
  /** @type {Map<string, {upload: Upload, file?: File, stored?: StoredFile, abort?: AbortController}>} */
  #entries = new Map();

  /**
   * @param {Storage} storage
   * @param {string} key
   * @param {Outlets} outlets
   * @param {Limits} limits
   * @param {Texts} texts
   */
  constructor(storage, key, outlets, limits, texts) {
    this.#storage = storage;
    this.#storageKey = key;
    this.#outlets = outlets;
    this.#limits = limits;
    this.#texts = texts;
    for (const stored of JSON.parse(storage.getItem(key) ?? "[]"))
      this.#enter(stored, { stored }, "done");
  }

  /** Whether some are not there yet. */
  get busy() {
    return this.#some("waiting", "uploading");
  }

  /** Whether some wait to be sent. */
  get ready() {
    return this.#some("done");
  }

  /** @param {Iterable<File>} files */
  add(files) {
    for (const file of files) {
      const isTooMany = this.#entries.size >= this.#limits.files;
      const isTooLarge = file.size > this.#limits.bytes;
      const problem = isTooMany ? this.#texts.tooMany : isTooLarge ? this.#texts.tooLarge : "";
      this.#enter(file, { file }, problem === "" ? "waiting" : "failed", problem);
    }
    this.#next();
  }

  /** @param {string} key */
  retry(key) {
    const entry = this.#entries.get(key);
    if (entry?.upload.state !== "failed" || entry.upload.hopeless) return;
    this.#change(entry.upload, { state: "waiting", problem: "", progress: 0 });
    this.#next();
  }

  /** Cancel it, or take it back. @param {string} key */
  remove(key) {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#forget(key);
    entry.abort?.abort();
    if (entry.stored !== undefined) this.#outlets.discard(entry.stored);
    this.#next();
  }

  /** Those that are there, for a message; what failed stays to be seen. @returns {StoredFile[]} */
  take() {
    const taken = [];
    for (const [key, { stored }] of [...this.#entries]) {
      if (stored === undefined) continue;
      taken.push(stored);
      this.#forget(key);
    }
    return taken;
  }

  /**
   * @param {{name: string, size: number}} file
   * @param {{file?: File, stored?: StoredFile}} content
   * @param {Upload["state"]} state
   */
  #enter({ name, size }, content, state, problem = "") {
    const upload = { key: uuid(), name, size, state, progress: 0, problem, hopeless: problem !== "" };
    this.#entries.set(upload.key, { upload, ...content });
    this.#outlets.onChange(upload);
  }

  #next() {
    const entries = [...this.#entries.values()];
    const underway = entries.filter(({ upload }) => upload.state === "uploading").length;
    const waiting = entries.filter(({ upload }) => upload.state === "waiting");
    for (const { upload, file } of waiting.slice(0, Math.max(0, AT_ONCE - underway)))
      if (file !== undefined) void this.#send(upload, file);
  }

  /** @param {Upload} upload @param {File} file */
  async #send(upload, file) {
    const abort = new AbortController();
    Object.assign(this.#entries.get(upload.key) ?? {}, { abort });
    this.#change(upload, { state: "uploading" });
    try {
      const onProgress = (/** @type {number} */ progress) => this.#change(upload, { progress });
      const stored = await this.#outlets.send(file, onProgress, abort.signal);
      const entry = this.#entries.get(upload.key);
      if (entry === undefined) return this.#outlets.discard(stored); // removed at the last moment
      entry.stored = stored;
      this.#keep();
      this.#change(upload, { state: "done", progress: 1, name: stored.name, size: stored.size });
    } catch (error) {
      const { message, hopeless } = /** @type {UploadError} */ (error);
      this.#change(upload, { state: "failed", problem: message || this.#texts.lost, hopeless });
    }
    this.#next();
  }

  /** @param {Upload} upload @param {Partial<Upload>} changes */
  #change(upload, changes) {
    if (!this.#entries.has(upload.key)) return;
    Object.assign(upload, changes);
    this.#outlets.onChange(upload);
  }

  /** @param {string} key */
  #forget(key) {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    this.#keep();
    if (entry !== undefined) this.#outlets.onRemoved(entry.upload);
  }

  /** @param {Upload["state"][]} states */
  #some(...states) {
    return [...this.#entries.values()].some(({ upload }) => states.includes(upload.state));
  }

  #keep() {
    const stored = [...this.#entries.values()].flatMap((entry) => entry.stored ?? []);
    if (stored.length === 0) this.#storage.removeItem(this.#storageKey);
    else this.#storage.setItem(this.#storageKey, JSON.stringify(stored));
  }
}
