/**
 * One stream of the socket: `chat/general` is what `/ws/chat/general/` would be on a socket of its
 * own. See realtime/README.md for the protocol.
 */

import { Backoff } from "./backoff.js";

const ANSWER_WITHIN = 15_000; // milliseconds

/**
 * @typedef {object} Handlers
 * @property {() => Record<string, string | number | boolean>} [params] asked at each (re)opening
 * @property {() => void} [onOpened]
 * @property {(payload: any) => void} [onPayload] everything but the replies to requests
 * @property {(why: {code: number, reason: string}) => void} [onRefused] closed for good
 */

/** A request that was answered with an error, or not at all: then `code` is LOST or SILENT. */
export class RequestError extends Error {
  /** @param {{code: string, message?: string, retry_after?: number}} error */
  constructor({ code, message = code, retry_after }) {
    super(message);
    this.code = code;
    /** @type {number | undefined} seconds */
    this.retryAfter = retry_after;
  }
}
export const LOST = "connection_lost"; // it may or may not have been carried out
export const SILENT = "no_answer"; // the same, on a connection that lives

/** @param {number} code @returns {boolean} whether coming back after this close cannot help */
export function isFinal(code) {
  return code >= 4400 && code <= 4499;
}

/** Made by `Socket.open`. */
export class Stream {
  /** @type {"closed" | "opening" | "open" | "closing"} */
  state = "closed";
  #connection;
  #name;
  #handlers;
  #wanted = true;
  #backoff = new Backoff();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #lastId = 0;
  /** @type {Map<string, {resolve: (reply: any) => void, reject: (error: RequestError) => void}>} */
  #requests = new Map();

  /**
   * @param {import("./socket.js").Connection} connection
   * @param {string} name
   * @param {Handlers} handlers
   */
  constructor(connection, name, handlers) {
    this.#connection = connection;
    this.#name = name;
    this.#handlers = handlers;
  }

  /**
   * Send a command; the promise is for its reply. Rejects with a RequestError, at once if the
   * stream is not open: what to do about it, and whether to repeat it, is up to the caller.
   *
   * @param {Record<string, unknown>} command
   * @returns {Promise<any>}
   */
  request(command) {
    if (this.state !== "open") return Promise.reject(new RequestError({ code: LOST }));
    const id = String(++this.#lastId);
    const sentAt = Date.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#requests.delete(id);
        reject(new RequestError({ code: SILENT }));
        this.#connection.suspect(sentAt);
      }, ANSWER_WITHIN);
      const settle = (/** @type {(value: any) => void} */ how) => (/** @type {any} */ value) => {
        clearTimeout(timer);
        how(value);
      };
      this.#requests.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#connection.send({ stream: this.#name, payload: { ...command, id } });
    });
  }

  /** Close and open again, with fresh `params`. */
  reopen() {
    if (this.state !== "open") return; // it is about to open anyway
    this.state = "closing";
    this.#connection.send({ stream: this.#name, event: "close" });
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    if (this.state === "closed") this.#connection.forget(this.#name);
    else if (this.state !== "closing") {
      this.state = "closing";
      this.#connection.send({ stream: this.#name, event: "close" });
    }
  }

  /** For the socket: there is a connection. */
  connected() {
    this.state = "opening";
    const params = this.#handlers.params?.() ?? {};
    this.#connection.send({ stream: this.#name, event: "open", params });
  }

  /** For the socket: there is none any more. */
  disconnected() {
    clearTimeout(this.#timer);
    this.state = "closed";
    this.#rejectAll({ code: LOST });
    if (!this.#wanted) this.#connection.forget(this.#name);
  }

  /** For the socket: the connection is closed for good. @param {{code: number, reason: string}} why */
  refused(why) {
    this.disconnected();
    this.#connection.forget(this.#name);
    this.#handlers.onRefused?.(why);
  }

  /** For the socket. @param {{event?: string, payload?: any}} frame */
  receive({ event, payload }) {
    if (event === undefined) this.#receivePayload(payload);
    else if (event === "opened") this.#opened();
    else if (event === "closed") this.#closed(payload);
    else if (event === "error") this.#failed(payload);
  }

  #opened() {
    if (this.state !== "opening") return;
    this.state = "open";
    this.#backoff.succeeded();
    this.#handlers.onOpened?.();
  }

  /** @param {any} payload */
  #receivePayload(payload) {
    const request = this.#requests.get(payload?.ref);
    if (request === undefined) {
      this.#handlers.onPayload?.(payload);
      return;
    }
    this.#requests.delete(payload.ref);
    if (payload.type === "error") request.reject(new RequestError(payload));
    else request.resolve(payload);
  }

  /** @param {{code: number, reason: string}} why */
  #closed(why) {
    const asked = this.state === "closing";
    if (!asked && isFinal(why.code)) return this.refused(why);
    this.disconnected();
    if (!this.#wanted) return;
    if (asked) this.connected();
    else this.#timer = setTimeout(() => this.connected(), this.#backoff.next());
  }

  /**
   * The multiplexer refused a frame of this stream: the request that it names, or else all that
   * wait for an answer.
   *
   * @param {{code: string, message: string, retry_after?: number, ref?: string}} error
   */
  #failed(error) {
    const request = this.#requests.get(error.ref ?? "");
    if (request !== undefined && error.code !== "not_open") {
      this.#requests.delete(error.ref ?? "");
      request.reject(new RequestError(error));
    } else if (this.state !== "opening" && error.code !== "not_open") this.#rejectAll(error);
    else if (error.code === "unknown_stream" || error.code === "bad_params")
      this.refused({ code: 4404, reason: error.message });
    else this.#closed({ code: 4013, reason: error.message });
  }

  /** @param {{code: string, message?: string, retry_after?: number}} error */
  #rejectAll(error) {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const { reject } of requests) reject(new RequestError(error));
  }
}
