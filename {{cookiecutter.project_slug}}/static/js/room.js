/** A room's page: how its parts are wired. Each part has one file and one ability. */

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Follow } from "./follow.js";
import { Messages } from "./messages.js";
import { watchNetwork } from "./network.js";
import { Outbox } from "./outbox.js";
import { Sequence } from "./sequence.js";
import { slideIn } from "./sidebar.js";
import { Socket } from "./socket.js";
import { showStatistics } from "./statistics.js";
import { countUnread } from "./unread.js";

const HISTORY_AGAIN_AFTER = 5_000; // milliseconds

/** @returns {any} the element, which room.html has */
const byId = (/** @type {string} */ id) => document.getElementById(id);

const { socket: path, stream: name, user } = byId("room").dataset;

const url = new URL(path, location.href);
url.protocol = url.protocol.replace("http", "ws");
const socket = new Socket(url);
watchNetwork(socket);
const connection = new Connection(socket, byId("connection"));

const templates = { message: byId("message-template"), outgoing: byId("outgoing-template") };
const messages = new Messages(byId("messages"), templates, user);
const composer = new Composer(byId("composer"), `draft:${user}:${name}`, (body) =>
  outbox.add(body),
);
const follow = new Follow(byId("content"), byId("pill"), () => composer.focus());

const outbox = new Outbox(sessionStorage, `outbox:${user}:${name}`, {
  send: (message) => stream.request({ type: "message.send", ...message }),
  onChange(message) {
    messages.showOutgoing(message);
    follow.toEnd();
  },
  onSent: (clientId) => messages.showSent(clientId),
});
showOutbox();

const sequence = new Sequence(messages.lastSeq, happened, () => stream.reopen());
const stream = socket.open(name, {
  params: () => ({ since: sequence.last }),
  onPayload(payload) {
    if (payload.type === "room.joined") joined(payload);
    else if (payload.seq !== undefined) sequence.accept(payload);
  },
  onRefused({ code }) {
    connection.showRefused(code);
    composer.disable();
  },
});

/** What happened in the room, in order. @param {{type: string} & any} event */
function happened(event) {
  if (event.type !== "message.created") return;
  if (event.author === user) {
    outbox.remove(event.client_id);
    messages.show(event);
  } else {
    follow.adding(() => messages.show(event));
    countUnread();
  }
}

/** What was missed has been sent, or was too much. @param {{seq: number, recovered: boolean}} event */
async function joined({ seq, recovered }) {
  if (recovered) sequence.complete(seq);
  else await loadHistory();
  outbox.flush();
}

async function loadHistory() {
  sequence.hold();
  try {
    const response = await fetch(location.href);
    if (!response.ok) throw new Error(response.statusText);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    messages.replaceWith(/** @type {HTMLElement} */ (fresh.getElementById("messages")));
  } catch {
    setTimeout(() => stream.reopen(), HISTORY_AGAIN_AFTER);
    return;
  }
  showOutbox();
  sequence.restart(messages.lastSeq);
  follow.toEnd();
}

/** Show what is still on its way; the room may have got it while this page was away. */
function showOutbox() {
  for (const message of outbox.messages) {
    if (messages.has(message.client_id)) outbox.remove(message.client_id);
    else messages.showOutgoing(message);
  }
}

byId("messages").addEventListener("click", (/** @type {MouseEvent} */ { target }) => {
  const button = /** @type {Element} */ (target).closest("[data-action]");
  const clientId = button?.closest("article")?.dataset.clientId;
  if (button === null || clientId === undefined) return;
  if (button.getAttribute("data-action") === "retry") {
    outbox.retry(clientId);
  } else {
    outbox.remove(clientId);
    messages.removeOutgoing(clientId);
  }
  composer.focus();
});

showStatistics(socket, byId("statistics-button"), byId("statistics"));
slideIn(byId("sidebar"), byId("sidebar-toggle"), byId("scrim"));
