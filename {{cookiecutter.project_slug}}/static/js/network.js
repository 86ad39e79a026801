/** What the browser knows of the network is a hint, never the truth: a site on localhost needs none. */

/** @param {import("./socket.js").Socket} socket */
export function watchNetwork(socket) {
  const retry = () => document.hidden || socket.retryNow();
  addEventListener("online", retry);
  addEventListener("offline", () => socket.reconnect());
  addEventListener("pageshow", retry);
  document.addEventListener("visibilitychange", retry); // a laptop that was opened again
}
