/** What tests use for a server: a WebSocket class whose other end is the test. */

/** @type {FakeWebSocket[]} every connection that was tried, oldest first */
export const connections = [];

export class FakeWebSocket {
  /** @type {object[]} what the client sent */
  frames = [];
  closedByClient = false;

  constructor(url) {
    this.url = url;
    connections.push(this);
  }

  send(text) {
    this.frames.push(JSON.parse(text));
  }

  close() {
    this.closedByClient = true;
  }

  // The test's end

  accept() {
    this.onopen?.();
  }

  say(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  end(code, reason = "") {
    this.onclose?.({ code, reason });
  }
}

/** @returns {FakeWebSocket} the connection tried last */
export function connection() {
  return connections.at(-1);
}
