/** The page's one connection to the site, which follows the network and the address. */

import { EventSocket } from "./event_socket.js";
import { watchNetwork } from "./network.js";
import { Socket } from "./socket.js";
import { Transports } from "./transports.js";

/**
 * With `?transport=events` in the page's address, no WebSocket is tried.
 *
 * @param {string} path such as /ws/
 */
export function openSocket(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const onlyEvents = new URLSearchParams(location.search).get("transport") === "events";
  const socket = new Socket(url, onlyEvents ? new Transports(EventSocket) : undefined);
  watchNetwork(socket);
  return socket;
}
