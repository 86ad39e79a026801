/** What the reader does in the room: says something, edits, deletes, reacts. */

import { LOST, SILENT } from "./stream.js";
import { confirmed } from "./confirm.js";

/**
 * @typedef {object} Means
 * @property {(command: Record<string, unknown>) => Promise<any>} request as `Stream.request`
 * @property {import("./outbox.js").Outbox} outbox
 * @property {import("./subject.js").Subject} subject
 * @property {import("./messages.js").Messages} messages
 * @property {import("./note.js").Note} note
 * @property {HTMLDialogElement} dialog asks whether to delete
 * @property {{lost: string, copied: string}} texts
 */

export class Talk {
  #means;

  /** @param {Means} means */
  constructor(means) {
    this.#means = means;
  }

  /**
   * Send what was typed, or make it what the message that is being edited says.
   *
   * @param {string} body
   * @param {() => object} files what goes with a new message
   */
  say(body, files) {
    const { outbox, subject, note } = this.#means;
    const about = subject.take();
    note.hide();
    if (about?.kind === "edit") return this.#edit(about.id, body);
    const reply = about === null ? {} : { reply_to: about.quote };
    outbox.add({ body, ...reply, ...files() });
  }

  /** @param {number} message @param {string} emoji @param {boolean} on */
  async react(message, emoji, on) {
    await this.#request({ type: "message.react", message, emoji, on });
  }

  /** @param {HTMLElement} article */
  async delete(article) {
    const text = article.querySelector(".message-body")?.textContent ?? "";
    if (!(await confirmed(this.#means.dialog, text))) return;
    await this.#request({ type: "message.delete", message: Number(article.dataset.id) });
  }

  /** @param {HTMLElement} article */
  async copyLink(article) {
    const { note, texts } = this.#means;
    const link = new URL(`?at=${article.dataset.id}`, location.href).href;
    const copied = await navigator.clipboard?.writeText(link).then(
      () => true,
      () => false,
    );
    note.show(copied ? texts.copied : link);
  }

  /** @param {number} message @param {string} body */
  async #edit(message, body) {
    const done = await this.#request({ type: "message.edit", message, body });
    const article = this.#means.messages.find(message);
    if (!done && article !== null) this.#means.subject.edit(article, body);
  }

  /** @param {Record<string, unknown>} command @returns {Promise<boolean>} */
  async #request(command) {
    const { request, note, texts } = this.#means;
    return request(command).then(
      () => true,
      (/** @type {import("./stream.js").RequestError} */ { code, message }) => {
        note.show(code === LOST || code === SILENT ? texts.lost : message);
        return false;
      },
    );
  }
}
