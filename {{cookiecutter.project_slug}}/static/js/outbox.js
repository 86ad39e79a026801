/**
 * Messages on their way: kept, over a reload of the page too, until the server has them. The
 * server knows each by its `client_id`, so that sending one again stores nothing twice.
 */

import { uuid } from "./uuid.js";
import { LOST, SILENT } from "./stream.js";

const RETRY_AFTER = 3; // seconds, where the server does not say

/**
 * @typedef {import("./stream.js").RequestError} RequestError
 *
 * @typedef {object} Outgoing
 * @property {string} client_id
 * @property {string} body
 * @property {string} [problem] why it was refused; then it waits for `retry` or `discard`
 *
 * @typedef {object} Outlets
 * @property {(message: Outgoing) => Promise<unknown>} send as `Stream.request`
 * @property {(message: Outgoing) => void} onChange it is new, or was refused, or is tried again
 * @property {(client_id: string) => void} onSent the server has it
 */

export class Outbox {
  #storage;
  #key;
  #outlets;
  /** @type {Map<string, Outgoing>} */
  #messages;
  /** @type {Set<string>} */
  #underway = new Set();

  /**
   * @param {Storage} storage
   * @param {string} key
   * @param {Outlets} outlets
   */
  constructor(storage, key, outlets) {
    this.#storage = storage;
    this.#key = key;
    this.#outlets = outlets;
    /** @type {Outgoing[]} */
    const kept = JSON.parse(storage.getItem(key) ?? "[]");
    this.#messages = new Map(kept.map((message) => [message.client_id, message]));
  }

  /** @returns {Outgoing[]} oldest first */
  get messages() {
    return [...this.#messages.values()];
  }

  /** @param {string} body */
  add(body) {
    const message = { client_id: uuid(), body };
    this.#messages.set(message.client_id, message);
    this.#keep();
    this.#outlets.onChange(message);
    this.#send(message);
  }

  /** Send everything that is neither underway nor refused: call it when the stream is ready. */
  flush() {
    for (const message of this.messages) if (!message.problem) this.#send(message);
  }

  /** @param {string} client_id */
  retry(client_id) {
    const message = this.#messages.get(client_id);
    if (message === undefined) return;
    delete message.problem;
    this.#keep();
    this.#outlets.onChange(message);
    this.#send(message);
  }

  /** Forget a message: it was seen in the room, or is given up. @param {string} client_id */
  remove(client_id) {
    if (this.#messages.delete(client_id)) this.#keep();
  }

  /** @param {Outgoing} message */
  async #send(message) {
    const { client_id, body } = message;
    if (this.#underway.has(client_id)) return;
    this.#underway.add(client_id);
    const error = await this.#outlets.send({ client_id, body }).then(
      () => null,
      (/** @type {RequestError} */ error) => error,
    );
    this.#underway.delete(client_id);
    if (error !== null) return this.#failed(message, error);
    this.remove(client_id);
    this.#outlets.onSent(client_id);
  }

  /**
   * @param {Outgoing} message
   * @param {RequestError} error
   */
  #failed(message, { code, message: problem, retryAfter }) {
    if (code === LOST || !this.#messages.has(message.client_id)) return;
    if (code === SILENT || code === "busy" || retryAfter !== undefined) {
      setTimeout(() => this.flush(), (retryAfter ?? RETRY_AFTER) * 1000);
      return;
    }
    message.problem = problem;
    this.#keep();
    this.#outlets.onChange(message);
  }

  #keep() {
    if (this.#messages.size === 0) this.#storage.removeItem(this.#key);
    else this.#storage.setItem(this.#key, JSON.stringify(this.messages));
  }
}
