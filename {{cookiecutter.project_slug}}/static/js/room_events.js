/** What happens in the room, as its page shows it. chat/README.md lists the events. */

/**
 * @typedef {object} Parts
 * @property {string} me
 * @property {import("./messages.js").Messages} messages
 * @property {import("./follow.js").Follow} follow
 * @property {import("./history.js").History} history
 * @property {import("./reading.js").Reading} reading
 * @property {import("./outbox.js").Outbox} outbox
 * @property {import("./typing.js").Typing} typing
 * @property {import("./presence.js").Presence} presence
 * @property {(message: import("./message.js").Shown) => void} announce
 * @property {(room: {name: string, topic: string, archived: boolean}) => void} showRoom
 */

export class RoomEvents {
  #parts;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Something with a number, in its turn. @param {{type: string} & any} event */
  happened(event) {
    const { follow, history, showRoom } = this.#parts;
    if (event.type === "message.created") this.#created(event);
    else if (event.type === "message.changed") follow.keeping(() => history.changed(event));
    else if (event.type === "room.changed") showRoom(event);
    this.attend();
  }

  /** Something of the moment. @param {{type: string} & any} event */
  signalled(event) {
    const { me, presence, typing } = this.#parts;
    if (event.type === "presence.list") presence.list(event);
    else if (event.type === "typing" && event.author !== me) typing.started(event);
    else if (event.type === "presence.changed") {
      presence.change(event);
      for (const author of event.left) typing.stopped(author);
    }
  }

  /** All that is shown has been read, if the reader sees it. */
  attend() {
    const { messages, reading } = this.#parts;
    if (this.#attentive) reading.upTo(messages.lastId);
  }

  get #attentive() {
    const { follow, history } = this.#parts;
    return history.atPresent && follow.atEnd && document.hasFocus();
  }

  /** @param {any} event */
  #created(event) {
    const { me, messages, follow, history, outbox, typing } = this.#parts;
    const show = () => messages.show(event);
    typing.stopped(event.author);
    if (messages.find(event.id) !== null) return follow.keeping(show);
    if (event.author === me) outbox.remove(event.client_id);
    if (!history.atPresent) return history.countNew();
    if (event.author === me) follow.keeping(show);
    else this.#createdByAnother(event, show);
  }

  /** @param {any} event @param {() => void} show */
  #createdByAnother(event, show) {
    const { messages, follow, reading, announce } = this.#parts;
    follow.adding(show);
    if (!reading.marked && !this.#attentive) reading.mark(messages.firstUnread(reading.last));
    announce(event);
  }
}
