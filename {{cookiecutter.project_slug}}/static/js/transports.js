/** Which way to the server to try next: a WebSocket, or what gets through where that does not. */

import { EventSocket } from "./event_socket.js";

const TRIES = 2; // of a WebSocket, before something else gets one
const PROBE_AGAIN_AFTER = 300_000; // milliseconds

/** @typedef {WebSocket | EventSocket} Transport */
/** @typedef {new (url: string | URL) => Transport} TransportClass */

export class Transports {
  #Direct;
  #Fallback;
  #failures = 0;

  /**
   * @param {TransportClass} [Direct]
   * @param {TransportClass} [Fallback] may be the same
   */
  constructor(Direct = WebSocket, Fallback = EventSocket) {
    this.#Direct = Direct;
    this.#Fallback = Fallback;
  }

  get next() {
    return this.#failures < TRIES ? this.#Direct : this.#Fallback;
  }

  /** Nothing was heard on a connection. If the fallback fails too, the site may be away. */
  failed() {
    this.#failures = this.#failures < TRIES ? this.#failures + 1 : 0;
  }

  /** Something was heard on a connection. */
  worked() {
    if (this.#failures < TRIES) this.#failures = 0;
  }

  /**
   * Look whether a WebSocket works again, now and every few minutes, where the fallback is in use.
   *
   * @param {string | URL} url
   * @param {(transport: Transport) => void} onWorks called with one that was answered
   */
  probe(url, onWorks) {
    if (this.next === this.#Direct) return;
    return new Probe(url, this.#Direct, (transport) => {
      this.#failures = 0;
      onWorks(transport);
    });
  }
}

export class Probe {
  #url;
  #Transport;
  #onWorks;
  /** @type {Transport | undefined} */
  #transport;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string | URL} url
   * @param {TransportClass} Transport
   * @param {(transport: Transport) => void} onWorks
   */
  constructor(url, Transport, onWorks) {
    this.#url = url;
    this.#Transport = Transport;
    this.#onWorks = onWorks;
    this.now();
  }

  /** Do not wait for the next time. */
  now() {
    if (this.#transport !== undefined) return;
    clearTimeout(this.#timer);
    const transport = (this.#transport = new this.#Transport(this.#url));
    transport.onopen = () => transport.send(JSON.stringify({ event: "ping" }));
    transport.onmessage = (/** @type {{data: string}} */ { data }) => {
      if (JSON.parse(data).event !== "pong") return;
      this.#transport = undefined; // it is no longer ours to close
      this.#onWorks(transport);
    };
    transport.onclose = () => this.#drop();
    this.#timer = setTimeout(() => this.#again(), PROBE_AGAIN_AFTER * (1 + Math.random()));
  }

  stop() {
    clearTimeout(this.#timer);
    this.#drop();
  }

  #again() {
    this.#drop();
    this.now();
  }

  #drop() {
    const transport = this.#transport;
    if (transport === undefined) return;
    this.#transport = undefined;
    transport.onopen = transport.onmessage = transport.onclose = null;
    transport.close();
  }
}
