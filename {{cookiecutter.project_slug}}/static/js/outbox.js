/**
 * Messages on their way: kept, over a reload of the page too, until the server has them. The
 * server knows each by its `client_id`, so that sending one again stores nothing twice. They go out
 * one after the other: the next is sent once the server has answered, so their order stays.
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
 * @property {import("./message.js").Quote} [reply_to]
 * @property {import("./attachments.js").Attachment[]} [attachments] as events have them
 * @property {string} [problem] why it was refused; then it waits for `retry` or `discard`
 *
 * @typedef {object} Outlets
 * @property {(message: Outgoing) => Promise<unknown>} send rejects as `Stream.request`
 * @property {(message: Outgoing) => void} onChange it is new, or was refused, or is tried again
 * @property {(client_id: string, reply: any) => void} onSent the server has it
 */

/** @param {Outgoing} message */
export function asCommand({ client_id, body, reply_to, attachments }) {
  return {
    type: "message.send",
    client_id,
    body,
    reply_to: reply_to?.id,
    attachments: attachments?.map(({ id }) => id),
  };
}

export class Outbox {
  #storage;
  #key;
  #outlets;
  /** @type {Map<string, Outgoing>} */
  #messages;
  #underway = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

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

  /** @param {Omit<Outgoing, "client_id" | "problem">} content */
  add(content) {
    const message = { client_id: uuid(), ...content };
    this.#messages.set(message.client_id, message);
    this.#keep();
    this.#outlets.onChange(message);
    if (this.#timer === undefined) this.flush();
  }

  /** Send everything that was not refused: call it when the stream is ready. */
  async flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#underway) return;
    this.#underway = true;
    for (let next = this.#next; next !== undefined; next = this.#next)
      if (!(await this.#send(next))) break;
    this.#underway = false;
  }

  get #next() {
    return this.messages.find((message) => !message.problem);
  }

  /** @param {string} client_id */
  retry(client_id) {
    const message = this.#messages.get(client_id);
    if (message === undefined) return;
    delete message.problem;
    this.#keep();
    this.#outlets.onChange(message);
    this.flush();
  }

  /** Forget a message: it was seen in the room, or is given up. @param {string} client_id */
  remove(client_id) {
    if (this.#messages.delete(client_id)) this.#keep();
  }

  /** @param {Outgoing} message @returns {Promise<boolean>} whether the next may go */
  #send(message) {
    return this.#outlets.send(message).then(
      (reply) => {
        this.remove(message.client_id);
        this.#outlets.onSent(message.client_id, reply);
        return true;
      },
      (/** @type {RequestError} */ error) => this.#failed(message, error),
    );
  }

  /**
   * @param {Outgoing} message
   * @param {RequestError} error
   */
  #failed(message, { code, message: problem, retryAfter }) {
    if (code === LOST) return false; // `flush` is called on the next connection
    if (!this.#messages.has(message.client_id)) return true;
    if (code === SILENT || code === "busy" || retryAfter !== undefined) {
      this.#timer = setTimeout(() => this.flush(), (retryAfter ?? RETRY_AFTER) * 1000);
      return false;
    }
    message.problem = problem;
    this.#keep();
    this.#outlets.onChange(message);
    return true;
  }

  #keep() {
    if (this.#messages.size === 0) this.#storage.removeItem(this.#key);
    else this.#storage.setItem(this.#key, JSON.stringify(this.messages));
  }
}
