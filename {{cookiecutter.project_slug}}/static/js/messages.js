/** The messages on the page: those of the room, in order, and after them those still on their way. */

import { arrange } from "./grouping.js";
import { showClockTime } from "./times.js";

/**
 * @typedef {object} MessageCreated
 * @property {number} seq
 * @property {string} client_id
 * @property {string} author
 * @property {string} body
 * @property {string} created_at
 */

export class Messages {
  #list;
  #template;
  #outgoingTemplate;
  #me;

  /**
   * @param {HTMLElement} list
   * @param {{message: HTMLTemplateElement, outgoing: HTMLTemplateElement}} templates
   * @param {string} me the reader's user name
   */
  constructor(list, templates, me) {
    this.#list = list;
    this.#template = templates.message;
    this.#outgoingTemplate = templates.outgoing;
    this.#me = me;
    this.#arrangeAll();
  }

  /** The number of the last message shown, 0 if there is none. */
  get lastSeq() {
    const articles = this.#list.querySelectorAll('[data-seq]:not([data-seq=""])');
    return Number(articles.item(articles.length - 1)?.getAttribute("data-seq") ?? 0);
  }

  /** Show a message of the room; it takes the place of the one that was on its way. */
  show(/** @type {MessageCreated} */ event) {
    const outgoing = event.author === this.#me ? this.#outgoing(event.client_id) : null;
    const article = outgoing ?? this.#create(event);
    article.querySelector(".message-outgoing")?.remove();
    delete article.dataset.state;
    article.dataset.seq = String(event.seq);
    this.#setTime(article, event.created_at);
    const next = this.#list.querySelector("[data-state]");
    // Not moved without need: a screen reader would read it again.
    if (!article.isConnected || article.nextElementSibling !== next) this.#insert(article, next);
    arrange(article);
    if (next !== null) arrange(next);
  }

  /** Show a message on its way, or what has become of it. */
  showOutgoing(/** @type {import("./outbox.js").Outgoing} */ { client_id, body, problem = "" }) {
    let article = this.#outgoing(client_id);
    if (article === null) {
      article = this.#create({ client_id, body, author: this.#me });
      article.append(this.#outgoingTemplate.content.cloneNode(true));
      this.#setTime(article, new Date().toISOString());
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
    this.#arrangeAll();
    this.#list.removeAttribute("aria-busy");
  }

  /** @param {string} clientId @returns {HTMLElement | null} */
  #outgoing(clientId) {
    return this.#list.querySelector(`[data-state][data-client-id="${CSS.escape(clientId)}"]`);
  }

  /** @param {{client_id: string, author: string, body: string}} message @returns {HTMLElement} */
  #create({ client_id, author, body }) {
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    const part = (/** @type {string} */ selector) =>
      /** @type {HTMLElement} */ (copy.querySelector(selector));
    const article = part(".message");
    article.classList.toggle("own", author === this.#me);
    article.dataset.clientId = client_id;
    article.dataset.author = author;
    part(".avatar").dataset.initial = [...author][0];
    part(".message-author").textContent = author;
    part(".message-body").textContent = body;
    return article;
  }

  /** @param {HTMLElement} article @param {Element | null} next */
  #insert(article, next) {
    const dayOfNext = next?.previousElementSibling?.matches(".day");
    this.#list.insertBefore(article, dayOfNext ? (next?.previousElementSibling ?? null) : next);
  }

  /** @param {HTMLElement} article @param {string} iso */
  #setTime(article, iso) {
    const time = /** @type {HTMLTimeElement} */ (article.querySelector("time"));
    time.dateTime = iso;
    showClockTime(time);
  }

  #arrangeAll() {
    for (const article of this.#list.querySelectorAll(".message")) {
      showClockTime(/** @type {HTMLTimeElement} */ (article.querySelector("time")));
      arrange(article);
    }
  }
}
