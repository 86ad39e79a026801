/** The messages on the page: those of the room, in order, and after them those still on their way. */

import { arrange } from "./grouping.js";
import { fill, fillQuote, markMentions } from "./message.js";
import { showClockTime } from "./times.js";

/** @typedef {import("./message.js").Shown} Shown */

const QUOTE_LENGTH = 140; // as the server has it

export class Messages {
  #list;
  #template;
  #outgoingTemplate;
  #reader;

  /**
   * @param {HTMLElement} list
   * @param {{message: HTMLTemplateElement, outgoing: HTMLTemplateElement}} templates
   * @param {{me: string, name: string}} reader
   */
  constructor(list, templates, { me, name }) {
    this.#list = list;
    this.#template = templates.message;
    this.#outgoingTemplate = templates.outgoing;
    this.#reader = { me, name, deletedText: list.dataset.deletedText ?? "" };
    this.arrangeAll();
  }

  /** The last event of the room when the page was rendered, and up to where one had read. */
  get rendered() {
    const { seq, epoch, readSeq } = this.#list.dataset;
    return { seq: Number(seq), epoch: epoch ?? "", readSeq: Number(readSeq) };
  }

  /** The number of the last message shown, 0 if there is none. */
  get lastId() {
    return Number(this.#articles().at(-1)?.dataset.id ?? 0);
  }

  /** @param {number} id @returns {HTMLElement | null} */
  find(id) {
    return this.#list.querySelector(`.message[data-id="${id}"]`);
  }

  /** The reader's last message that can be edited. */
  get lastOwn() {
    return this.#articles().findLast((article) => article.matches(".own:not(.deleted, .action)"));
  }

  /** The first message of others after that number. @param {number} id */
  firstUnread(id) {
    return this.#articles().find(
      (article) => Number(article.dataset.id) > id && !article.matches(".own"),
    );
  }

  /**
   * Show a message of the room as it is now; a new one takes the place of the one that was on its
   * way.
   *
   * @param {Shown & {id: number}} message
   */
  show(message) {
    const mine = message.author === this.#reader.me;
    const known = this.find(message.id) ?? (mine ? this.#outgoing(message.client_id) : null);
    const article = known ?? this.#create();
    article.querySelector(".message-outgoing")?.remove();
    delete article.dataset.state;
    fill(article, message, this.#reader);
    const next = this.#after(message.id);
    if (!article.isConnected || nextMessage(article) !== next) this.#insert(article, next);
    arrange(article);
    if (next !== null) arrange(next);
  }

  /** Show a message that was shown before as it is now. @param {Shown & {id: number}} message */
  change(message) {
    const article = this.find(message.id);
    if (article !== null) {
      fill(article, message, this.#reader);
      arrange(article);
    }
    const quote = { body: message.body.slice(0, QUOTE_LENGTH), deleted: message.deleted };
    for (const link of this.#list.querySelectorAll(`.message-quote[data-quoted="${message.id}"]`))
      fillQuote(link, quote, this.#reader);
  }

  /** Show a message on its way, or what has become of it. @param {import("./outbox.js").Outgoing} outgoing */
  showOutgoing({ problem = "", ...message }) {
    let article = this.#outgoing(message.client_id);
    if (article === null) {
      article = this.#create();
      const { me: author, name } = this.#reader;
      fill(article, { created_at: new Date().toISOString(), author, name, ...message }, this.#reader);
      article.append(this.#outgoingTemplate.content.cloneNode(true));
      this.#insert(article, null);
    }
    article.dataset.state = problem ? "failed" : "pending";
    /** @type {Element} */ (article.querySelector("[data-reason]")).textContent = problem;
    arrange(article);
  }

  /** The server has it; its event, which gives it a place, is still to come. */
  showSent(/** @type {string} */ clientId) {
    const article = this.#outgoing(clientId);
    if (article === null) return;
    article.dataset.state = "sent";
    article.querySelector(".message-outgoing")?.remove();
  }

  removeOutgoing(/** @type {string} */ clientId) {
    const article = this.#outgoing(clientId);
    if (article === null) return;
    const day = article.previousElementSibling?.matches(".day") && article.previousElementSibling;
    const next = article.nextElementSibling;
    article.remove();
    if (next !== null) arrange(next);
    else if (day) day.remove();
  }

  /** Whether the room has this message of the reader's. */
  has(/** @type {string} */ clientId) {
    const selector = `.own:not([data-state])[data-client-id="${CSS.escape(clientId)}"]`;
    return this.#list.querySelector(selector) !== null;
  }

  /** Show the history of a freshly loaded page instead of this one's. */
  replaceWith(/** @type {HTMLElement} */ list) {
    this.#list.setAttribute("aria-busy", "true");
    this.#list.replaceChildren(...list.children);
    Object.assign(this.#list.dataset, list.dataset);
    this.arrangeAll();
    this.#list.removeAttribute("aria-busy");
  }

  /** Do for messages as the server rendered them what is done for those that come. */
  arrangeAll() {
    for (const article of this.#list.querySelectorAll(".message")) {
      showClockTime(/** @type {HTMLTimeElement} */ (article.querySelector("time")));
      arrange(article);
    }
    markMentions(this.#list, this.#reader.me);
  }

  /** Those of the room, oldest first. @returns {HTMLElement[]} */
  #articles() {
    return [...this.#list.querySelectorAll('.message:not([data-id=""])')].map(
      (article) => /** @type {HTMLElement} */ (article),
    );
  }

  /** @param {string} clientId @returns {HTMLElement | null} */
  #outgoing(clientId) {
    return this.#list.querySelector(`[data-state][data-client-id="${CSS.escape(clientId)}"]`);
  }

  /** @returns {HTMLElement} */
  #create() {
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    return /** @type {HTMLElement} */ (copy.querySelector(".message"));
  }

  /** What comes after a message of that number: mostly what is on its way, or nothing. */
  #after(/** @type {number} */ id) {
    let next = this.#list.querySelector("[data-state]");
    let last = next === null ? this.#list.lastElementChild : next.previousElementSibling;
    for (; last !== null; last = last.previousElementSibling) {
      if (!(last instanceof HTMLElement) || !last.matches(".message")) continue;
      if (Number(last.dataset.id) <= id) break;
      next = last;
    }
    return next;
  }

  /** @param {HTMLElement} article @param {Element | null} next */
  #insert(article, next) {
    let before = next;
    while (before?.previousElementSibling?.matches(".day")) before = before.previousElementSibling;
    this.#list.insertBefore(article, before);
  }
}

/** @param {Element} article */
function nextMessage(article) {
  let next = article.nextElementSibling;
  while (next && !next.matches(".message")) next = next.nextElementSibling;
  return next;
}
