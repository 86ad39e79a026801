/**
 * One WebSocket for all streams of the page, which comes back by itself. Touches no part of the
 * document. See realtime/README.md for the protocol.
 */

import { Backoff } from "./backoff.js";
import { Stream, isFinal } from "./stream.js";

const CONNECT_WITHIN = 10_000; // milliseconds

/**
 * What a stream may ask of its socket.
 * @typedef {object} Connection
 * @property {(frame: object) => void} send
 * @property {(sentAt: number) => void} suspect nothing answered what was sent then
 * @property {(name: string) => void} forget
 *
 * @typedef {"connecting" | "open" | "waiting" | "closed"} State
 */

/**
 * Dispatches the event `state` whenever `state` changes: "waiting" is between two tries, "closed"
 * is for good, by `close()` or by the server.
 */
export class Socket extends EventTarget {
  /** @type {State} */
  state = "closed";
  #url;
  #Transport;
  #backoff = new Backoff();
  /** @type {WebSocket | undefined} */
  #transport;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #heardAt = 0;
  /** @type {Map<string, Stream>} */
  #streams = new Map();

  /**
   * @param {string | URL} url
   * @param {typeof WebSocket} [Transport]
   */
  constructor(url, Transport = WebSocket) {
    super();
    this.#url = url;
    this.#Transport = Transport;
    this.#connect();
  }

  /**
   * Open a stream, now and after every reconnection.
   *
   * @param {string} name
   * @param {import("./stream.js").Handlers} [handlers]
   */
  open(name, handlers = {}) {
    if (this.#streams.has(name)) throw new Error(`The stream ${name} is open already.`);
    const stream = new Stream(
      {
        send: (frame) => this.#send(frame),
        suspect: (sentAt) => this.#heardAt < sentAt && this.reconnect(),
        forget: () => this.#streams.delete(name),
      },
      name,
      handlers,
    );
    this.#streams.set(name, stream);
    if (this.state === "open") stream.connected();
    return stream;
  }

  /** Do not wait any longer for the next try. */
  retryNow() {
    if (this.state === "waiting") this.#connect();
  }

  /** Give up this connection, which seems dead, and try another. */
  reconnect() {
    if (this.state === "closed" || this.state === "waiting") return;
    this.#drop();
    this.#lost();
  }

  close() {
    this.#drop();
    this.#setState("closed");
    for (const stream of [...this.#streams.values()]) stream.disconnected();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#setState("connecting");
    const transport = (this.#transport = new this.#Transport(this.#url));
    this.#timer = setTimeout(() => this.reconnect(), CONNECT_WITHIN);
    transport.onopen = () => this.#opened();
    transport.onmessage = ({ data }) => this.#receive(data);
    transport.onclose = (why) => this.#closed(why);
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#backoff.succeeded();
    this.#setState("open");
    for (const stream of this.#streams.values()) stream.connected();
  }

  /** @param {string} text */
  #receive(text) {
    this.#heardAt = Date.now();
    const frame = JSON.parse(text);
    if (frame.event === "ping") this.#send({ event: "pong", payload: frame.payload });
    else this.#streams.get(frame.stream)?.receive(frame);
  }

  /** @param {{code: number, reason: string}} why */
  #closed({ code, reason }) {
    this.#drop();
    if (!isFinal(code)) return this.#lost();
    this.#setState("closed");
    for (const stream of [...this.#streams.values()]) stream.refused({ code, reason });
  }

  #lost() {
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
    this.#setState("waiting");
    for (const stream of [...this.#streams.values()]) stream.disconnected();
  }

  /** Let go of the connection; whatever it still says is no longer heard. */
  #drop() {
    clearTimeout(this.#timer);
    const transport = this.#transport;
    if (transport === undefined) return;
    this.#transport = undefined;
    transport.onopen = transport.onmessage = transport.onclose = null;
    transport.close();
  }

  /** @param {object} frame */
  #send(frame) {
    if (this.state === "open") this.#transport?.send(JSON.stringify(frame));
  }

  /** @param {State} state */
  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
