/**
 * One connection for all streams of the page, which comes back by itself: a WebSocket, or what
 * else gets through. Touches no part of the document. See realtime/README.md for the protocol.
 */

import { Backoff } from "./backoff.js";
import { Stream, isFinal } from "./stream.js";
import { Transports } from "./transports.js";

const CONNECT_WITHIN = 10_000; // milliseconds
const QUIET = 30_000; // after which the server is asked whether it is still there
const ANSWER_WITHIN = 10_000;

/**
 * What a stream may ask of its socket.
 * @typedef {object} Connection
 * @property {(frame: object) => void} send
 * @property {(sentAt: number) => void} suspect nothing answered what was sent then
 * @property {(name: string) => void} forget
 *
 * @typedef {import("./transports.js").Transport} Transport
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
  #transports;
  #backoff = new Backoff();
  /** @type {Transport | undefined} */
  #transport;
  /** @type {import("./transports.js").Probe | undefined} */
  #probe;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #heardAt = 0;
  #heard = false; // anything, on this connection
  /** @type {Map<string, Stream>} */
  #streams = new Map();

  /**
   * @param {string | URL} url
   * @param {Transports} [transports]
   */
  constructor(url, transports = new Transports()) {
    super();
    this.#url = url;
    this.#transports = transports;
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
    this.#probe?.now();
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
    this.#disconnectStreams();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#setState("connecting");
    this.#use(new this.#transports.next(this.#url));
    this.#timer = setTimeout(() => this.reconnect(), CONNECT_WITHIN);
  }

  /** @param {Transport} transport */
  #use(transport) {
    this.#transport = transport;
    this.#heard = false;
    transport.onopen = () => this.#opened();
    transport.onmessage = (/** @type {{data: string}} */ { data }) => this.#receive(data);
    transport.onclose = (/** @type {{code: number, reason: string}} */ why) => this.#closed(why);
  }

  #opened() {
    this.#backoff.succeeded();
    this.#expectMore();
    this.#setState("open");
    for (const stream of this.#streams.values()) stream.connected();
    this.#probe = this.#transports.probe(this.#url, (transport) => this.#changeTo(transport));
  }

  /** Go on with another connection, which is open. @param {Transport} transport */
  #changeTo(transport) {
    this.#drop();
    this.#disconnectStreams();
    this.#use(transport);
    this.#opened();
  }

  /** Ask for a sign of life when there was none for a while. */
  #expectMore() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#send({ event: "ping" });
      this.#timer = setTimeout(() => this.reconnect(), ANSWER_WITHIN);
    }, QUIET);
  }

  /** @param {string} text */
  #receive(text) {
    this.#heardAt = Date.now();
    this.#heard = true;
    this.#transports.worked();
    this.#expectMore();
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
    if (!this.#heard) this.#transports.failed();
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
    this.#setState("waiting");
    this.#disconnectStreams();
  }

  #disconnectStreams() {
    for (const stream of [...this.#streams.values()]) stream.disconnected();
  }

  /** Let go of the connection; whatever it still says is no longer heard. */
  #drop() {
    clearTimeout(this.#timer);
    this.#probe?.stop();
    this.#probe = undefined;
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
