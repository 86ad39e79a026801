/** A room's page: how its parts are wired. Each part has one file and one ability. */

import { Actions } from "./actions.js";
import { announcer } from "./announcer.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Follow } from "./follow.js";
import { History } from "./history.js";
import { startInbox } from "./inbox.js";
import { composerKeys, walkMessages } from "./keys.js";
import { Mentions } from "./mentions.js";
import { Messages } from "./messages.js";
import { Note } from "./note.js";
import { Outbox, asCommand } from "./outbox.js";
import { watchOutgoing } from "./outgoing.js";
import { Presence } from "./presence.js";
import { followQuotes } from "./quotes.js";
import { watchReactions } from "./reactions.js";
import { Reading } from "./reading.js";
import { RoomEvents } from "./room_events.js";
import { showHeader } from "./room_header.js";
import { Sequence } from "./sequence.js";
import { slideIn } from "./sidebar.js";
import { openSocket } from "./site_socket.js";
import { showStatistics } from "./statistics.js";
import { Subject } from "./subject.js";
import { Talk } from "./talk.js";
import { Title } from "./title.js";
import { Tray } from "./tray.js";
import { Typing, typingLine, typingNotice } from "./typing.js";
import { viewPictures } from "./viewer.js";

const HISTORY_AGAIN_AFTER = 5_000; // milliseconds

/** @returns {any} the element, which room.html has */
const byId = (/** @type {string} */ id) => document.getElementById(id);

const { socket: path, stream: name, user: me, name: ownName, ...own } = byId("room").dataset;

const socket = openSocket(path);
const connection = new Connection(socket, byId("connection"));

// What is on the page

const list = byId("messages");
const templates = { message: byId("message-template"), outgoing: byId("outgoing-template") };
const messages = new Messages(list, templates, { me, name: ownName });
const title = new Title();
const typing = new Typing(typingLine(byId("typing")));
const presence = new Presence(byId("people-button"), byId("people"), byId("person-template"));

const request = (/** @type {Record<string, unknown>} */ command) => stream.request(command);
const quietly = (/** @type {Record<string, unknown>} */ command) => void request(command).catch(() => {});

const composer = new Composer(byId("composer"), `draft:${me}:${name}`, {
  onSend: (body) => talk.say(body, () => tray.take()),
  onTyping: typingNotice(() => quietly({ type: "typing.start" })),
});
const tray = new Tray(byId("composer"), byId("composer").closest("main"), `files:${me}:${name}`);
composer.maySendEmpty = () => tray.ready;
composer.mustWait = () => tray.holdsBack();
const subject = new Subject(byId("subject"), composer);
const note = new Note(byId("note"), () => composer.focus());
new Mentions(byId("id_body"), byId("suggestions"), byId("suggestion-template"), (query) =>
  request({ type: "people.find", query }),
);

// What is sent

const outbox = new Outbox(sessionStorage, `outbox:${me}:${name}`, {
  send: (message) => request(asCommand(message)),
  onChange(message) {
    if (!history.atPresent) return history.toPresent();
    messages.showOutgoing(message);
    follow.toEnd();
  },
  onSent(clientId, { notice }) {
    if (notice === undefined) return messages.showSent(clientId);
    messages.removeOutgoing(clientId);
    note.show(notice);
  },
});

const texts = { lost: own.lostText, copied: own.copiedText };
const dialog = byId("delete-dialog");
const talk = new Talk({ request, outbox, subject, messages, note, dialog, texts });
const react = talk.react.bind(talk);
watchReactions(list, react);
const actions = new Actions(
  { list, toolbar: byId("message-actions"), menu: byId("message-menu"), picker: byId("reaction-picker") },
  {
    onReply: (article) => subject.reply(article),
    onEdit: (article) => subject.edit(article),
    onDelete: (article) => talk.delete(article),
    onLink: (article) => talk.copyLink(article),
    onReact: react,
  },
);
actions.moderates = own.moderates !== undefined;

// What is read

const reading = new Reading(
  messages.rendered.readSeq,
  byId("unread-template").content.firstElementChild,
  (seq) => quietly({ type: "room.read", seq }),
);
const follow = new Follow(byId("content"), byId("pill"), {
  onReturn: () => composer.focus(),
  onArrive: () => events.attend(),
});
const history = new History({
  log: byId("content"),
  list,
  past: byId("past"),
  messages,
  follow,
});

// What happens

const events = new RoomEvents({
  me,
  messages,
  follow,
  history,
  reading,
  outbox,
  typing,
  presence,
  announce: announcer(byId("announcer")),
  showRoom(room) {
    showHeader({ name: byId("room-name"), topic: byId("room-topic") }, room);
    if (room.name !== "") title.rename(room.name);
    composer.showArchived(room.archived);
  },
});
addEventListener("focus", () => events.attend());
reading.mark(messages.firstUnread(reading.last));
showOutbox();
history.showTarget();

let { seq, epoch } = messages.rendered;
const sequence = new Sequence(
  seq,
  (event) => events.happened(event),
  () => stream.reopen(),
);
const stream = socket.open(name, {
  params: () => ({ since: sequence.last, epoch }),
  onPayload(payload) {
    if (payload.type === "room.joined") joined(payload);
    else if (payload.seq !== undefined) sequence.accept(payload);
    else events.signalled(payload);
  },
  onRefused({ code }) {
    connection.showRefused(code);
    composer.disable();
    actions.rest();
    presence.hide();
  },
});

/** What was missed has been sent, or was too much. @param {{seq: number, recovered: boolean}} event */
async function joined({ seq, recovered }) {
  if (recovered) sequence.complete(seq);
  else await loadHistory();
  events.attend();
  reading.again();
  outbox.flush();
}

async function loadHistory() {
  sequence.hold();
  try {
    const response = await fetch(location.pathname);
    if (!response.ok) throw new Error(response.statusText);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    actions.rest();
    messages.replaceWith(/** @type {HTMLElement} */ (fresh.getElementById("messages")));
  } catch {
    setTimeout(() => stream.reopen(), HISTORY_AGAIN_AFTER);
    return;
  }
  history.renew();
  ({ seq, epoch } = messages.rendered);
  reading.mark(messages.firstUnread(reading.last));
  showOutbox();
  sequence.restart(seq);
  follow.toEnd();
}

/** Show what is still on its way; the room may have got it while this page was away. */
function showOutbox() {
  if (!history.atPresent) return;
  for (const message of outbox.messages) {
    if (messages.has(message.client_id)) outbox.remove(message.client_id);
    else messages.showOutgoing(message);
  }
}

// What the reader does

watchOutgoing(list, {
  onRetry: (clientId) => {
    outbox.retry(clientId);
    composer.focus();
  },
  onDiscard: (clientId) => {
    outbox.remove(clientId);
    messages.removeOutgoing(clientId);
    composer.focus();
  },
});
composerKeys(byId("composer"), {
  onEscape: () => subject.cancel() || note.hide(),
  onEditLast() {
    const last = composer.body === "" ? messages.lastOwn : undefined;
    if (last !== undefined) subject.edit(last);
    return last !== undefined;
  },
});
viewPictures(list, byId("viewer"));
followQuotes(list, (id) => messages.find(id));
walkMessages(byId("content"), () => composer.focus());
showStatistics(socket, byId("statistics-button"), byId("statistics"));
startInbox(socket, { room: name.replace(/^chat\//, ""), title });
slideIn(byId("sidebar"), byId("sidebar-toggle"), byId("scrim"));
