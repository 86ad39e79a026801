/** What the composer is about: nothing, a message to reply to, or one's own to be edited. */

/**
 * @typedef {import("./message.js").Quote} Quote
 * @typedef {{kind: "reply", quote: Quote} | {kind: "edit", id: number}} About
 */

export class Subject {
  /** @type {About | null} */
  #about = null;
  #element;
  #composer;

  /**
   * @param {HTMLElement} element
   * @param {import("./composer.js").Composer} composer
   */
  constructor(element, composer) {
    this.#element = element;
    this.#composer = composer;
    element.querySelector("button")?.addEventListener("click", () => this.cancel());
  }

  /** @param {HTMLElement} article */
  reply(article) {
    this.cancel();
    const quote = quoteOf(article);
    this.#show({ kind: "reply", quote }, quote.body, quote.name);
  }

  /**
   * @param {HTMLElement} article
   * @param {string} [body] what it shall be; by default, what it is
   */
  edit(article, body = article.dataset.source ?? "") {
    this.cancel();
    this.#composer.borrow(body);
    this.#show({ kind: "edit", id: Number(article.dataset.id) }, quoteOf(article).body);
  }

  /** @returns {boolean} whether there was something to cancel */
  cancel() {
    return this.take() !== null;
  }

  /** What it was, and no longer is. @returns {About | null} */
  take() {
    const about = this.#about;
    this.#about = null;
    this.#element.hidden = true;
    if (about?.kind === "edit") this.#composer.giveBack();
    if (about !== null) this.#composer.focus();
    return about;
  }

  /** @param {About} about @param {string} text @param {string} [name] */
  #show(about, text, name = "") {
    this.#about = about;
    this.#element.hidden = false;
    for (const child of this.#element.querySelectorAll("[data-when]"))
      /** @type {HTMLElement} */ (child).hidden = child.getAttribute("data-when") !== about.kind;
    /** @type {Element} */ (this.#element.querySelector("bdi")).textContent = name;
    /** @type {Element} */ (this.#element.querySelector(".subject-text")).textContent = text;
    this.#composer.focus();
  }
}

/** @param {HTMLElement} article @returns {Quote} */
export function quoteOf(article) {
  const text = (/** @type {string} */ selector) =>
    article.querySelector(selector)?.textContent?.trim() ?? "";
  return {
    id: Number(article.dataset.id),
    author: article.dataset.author ?? "",
    name: text(".message-author"),
    body: text(".message-body").slice(0, 140),
  };
}
