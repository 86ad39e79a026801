/**
 * As much of a WebSocket as `Socket` needs, over server-sent events and POST. See "Without
 * WebSockets" in realtime/README.md. Touches no part of the document.
 */

/** @typedef {{stream: string, event?: string, params?: object}} Frame */

export class EventSocket {
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((message: {data: string}) => void) | null} */
  onmessage = null;
  /** @type {((why: {code: number, reason: string}) => void) | null} */
  onclose = null;
  #url;
  #EventSource;
  /** @type {Map<EventSource, Set<string>>} the streams of each response */
  #sources = new Map();
  /** @type {Frame[]} those that are to be opened together */
  #opening = [];
  /** @type {Promise<unknown>} the last command's: they go one by one, to arrive in order */
  #posted = Promise.resolve();
  #gone = new AbortController();

  /**
   * @param {string | URL} url as a WebSocket's
   * @param {typeof globalThis.EventSource} [EventSource]
   */
  constructor(url, EventSource = globalThis.EventSource) {
    this.#url = new URL(url);
    this.#url.protocol = this.#url.protocol.replace("ws", "http");
    this.#EventSource = EventSource;
    this.#listen([]).onopen = () => this.onopen?.();
  }

  /** @param {string} text */
  send(text) {
    /** @type {Frame} */
    const frame = JSON.parse(text);
    if (frame.event === "open") this.#open(frame);
    else if (frame.event === "close") this.#close(frame.stream);
    else if (frame.event === undefined) this.#post(text);
    // A ping has no way to its answer; but the server says now and then that it is there.
  }

  close() {
    this.#gone.abort();
    for (const source of this.#sources.keys()) source.close();
    this.#sources.clear();
  }

  /** All streams that open in one turn share a response. @param {Frame} frame */
  #open(frame) {
    if (this.#opening.push(frame) > 1) return;
    queueMicrotask(() => {
      if (!this.#gone.signal.aborted) this.#listen(this.#opening.splice(0));
    });
  }

  /** @param {Frame[]} frames */
  #listen(frames) {
    const url = new URL("events/", this.#url);
    const streams = frames.map(({ stream, params }) => ({ stream, params }));
    url.searchParams.set("open", JSON.stringify(streams));
    const source = new this.#EventSource(url);
    this.#sources.set(source, new Set(streams.map(({ stream }) => stream)));
    source.onmessage = ({ data }) => this.#heard(source, data);
    source.onerror = () => this.#lost(); // it would come back by itself, but not up to date
    this.#closeUnused();
    return source;
  }

  /** @param {EventSource} source @param {string} data */
  #heard(source, data) {
    /** @type {Frame} */
    const frame = JSON.parse(data);
    const streams = this.#sources.get(source);
    if (frame.stream && !streams?.has(frame.stream)) return; // closed meanwhile
    if (frame.event === "closed") streams?.delete(frame.stream);
    this.onmessage?.({ data });
  }

  /** @param {string} stream */
  #close(stream) {
    for (const streams of this.#sources.values()) streams.delete(stream);
    this.#closeUnused();
    const payload = { code: 1000, reason: "" };
    const data = JSON.stringify({ stream, event: "closed", payload });
    queueMicrotask(() => this.onmessage?.({ data }));
  }

  /** A connection without streams lives on, as a socket does. */
  #closeUnused() {
    for (const [source, streams] of this.#sources)
      if (streams.size === 0 && this.#sources.size > 1) {
        source.close();
        this.#sources.delete(source);
      }
  }

  /** @param {string} text */
  #post(text) {
    const answer = this.#posted.then(() => this.#answerTo(text));
    this.#posted = answer.catch(() => this.#lost());
    answer.then(
      (data) => this.onmessage?.({ data }),
      () => {},
    );
  }

  /** @param {string} body */
  async #answerTo(body) {
    const headers = { "Content-Type": "application/json" };
    const { signal } = this.#gone;
    const url = new URL("commands/", this.#url);
    const response = await fetch(url, { method: "POST", body, headers, signal });
    if (!response.ok) throw new Error(response.statusText);
    return response.text();
  }

  #lost() {
    if (this.#gone.signal.aborted) return;
    this.close();
    this.onclose?.({ code: 1006, reason: "" });
  }
}
