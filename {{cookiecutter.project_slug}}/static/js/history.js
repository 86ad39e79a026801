/** Earlier and later messages, loaded as one gets near them; what is being read stays in place. */

import { point } from "./quotes.js";

const NEAR = "600px 0px"; // above and below what is in view
const KEPT = 400; // messages on the page; those at the far end make room

/**
 * @typedef {object} Parts
 * @property {HTMLElement} log scrolls
 * @property {HTMLElement} list
 * @property {HTMLElement} past says that this is not the present, and leads there
 * @property {import("./messages.js").Messages} messages
 * @property {import("./follow.js").Follow} follow
 */

export class History {
  #parts;
  #observer;
  #loading = false;
  #missed = 0;
  /** @type {any[]} changes heard while a page loads, which may show their messages as before */
  #heard = [];

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#observer = new IntersectionObserver((entries) => this.#near(entries), {
      root: parts.log,
      rootMargin: NEAR,
    });
    this.renew();
  }

  /** Whether the last message on the page is the room's last. */
  get atPresent() {
    return this.#end("later").hidden;
  }

  /** Call when the list holds another page's messages. */
  renew() {
    this.#observer.disconnect();
    for (const name of ["earlier", "later"]) this.#observer.observe(this.#end(name));
    this.#showPast();
  }

  /** Somebody has written at the present, which is not on the page. */
  countNew() {
    this.#missed += 1;
    this.#showPast();
  }

  /** A message is now like this, wherever it is. @param {any} message */
  changed(message) {
    this.#parts.messages.change(message);
    if (this.#loading) this.#heard.push(message);
  }

  /** Leave the past by loading the room. What is on its way goes along: the outbox has it. */
  toPresent() {
    location.assign(location.pathname);
  }

  /** Go to the message that the address names, if it names one. */
  showTarget() {
    const target = this.#parts.messages.find(Number(new URLSearchParams(location.search).get("at")));
    if (target === null) return;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
    point(target);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #near(entries) {
    const near = entries.find(({ isIntersecting }) => isIntersecting);
    if (near !== undefined) void this.#load(near.target.id);
  }

  /** @param {string} name */
  async #load(name) {
    const end = this.#end(name);
    if (this.#loading || end.hidden) return;
    this.#loading = true;
    end.setAttribute("aria-busy", "true");
    const fresh = await fetchList(/** @type {HTMLAnchorElement} */ (end.firstElementChild).href);
    end.removeAttribute("aria-busy");
    this.#loading = false;
    if (fresh !== null) {
      // If the list was replaced meanwhile, these may not be its neighbours.
      if (end.isConnected) this.#add(name, fresh);
      this.renew(); // tells at once which end is near
    }
    this.#heard = [];
  }

  /** @param {string} name @param {HTMLElement} fresh */
  #add(name, fresh) {
    const { messages, follow } = this.#parts;
    const added = [...fresh.querySelectorAll(".message")];
    const end = this.#end(name);
    const more = /** @type {HTMLElement} */ (fresh.querySelector(`#${name}`));
    follow.staying(() => {
      if (name === "earlier") end.after(...added);
      else end.before(...added);
      end.hidden = more.hidden || added.length === 0;
      this.#makeRoom(name === "earlier" ? "later" : "earlier");
      for (const message of this.#heard) messages.change(message);
      messages.arrangeAll();
      this.#link();
    });
  }

  /** @param {string} name of the end that is far away */
  #makeRoom(name) {
    const articles = this.#articles();
    const surplus = articles.length - KEPT;
    if (surplus <= 0) return;
    for (const article of name === "later" ? articles.slice(-surplus) : articles.slice(0, surplus))
      article.remove();
    for (const day of this.#parts.list.querySelectorAll(".day"))
      if (!day.nextElementSibling?.matches(".message")) day.remove();
    this.#end(name).hidden = false;
  }

  /** Let the links at both ends lead on from what is there now. */
  #link() {
    const articles = this.#articles();
    articles.at(-1)?.after(this.#end("later")); // those that have come since are beyond it
    this.#hrefOf("earlier", `?before=${articles[0]?.dataset.id}`);
    this.#hrefOf("later", `?after=${articles.at(-1)?.dataset.id}`);
  }

  /** @param {string} name @param {string} href */
  #hrefOf(name, href) {
    /** @type {HTMLAnchorElement} */ (this.#end(name).firstElementChild).href = href;
  }

  #showPast() {
    const { past } = this.#parts;
    if (this.atPresent) this.#missed = 0;
    past.hidden = this.atPresent;
    const count = /** @type {HTMLElement} */ (past.querySelector("[data-new]"));
    count.hidden = this.#missed === 0;
    /** @type {Element} */ (count.lastElementChild).textContent = String(this.#missed);
  }

  /** @param {string} name @returns {any} */
  #end(name) {
    return this.#parts.list.querySelector(`#${name}`);
  }

  /** @returns {HTMLElement[]} those of the room, oldest first */
  #articles() {
    return [...this.#parts.list.querySelectorAll('.message:not([data-state], [data-id=""])')].map(
      (article) => /** @type {HTMLElement} */ (article),
    );
  }
}

/**
 * The list of messages on another page of the room. If there is none, the link to it can still be
 * clicked, or scrolled to once more.
 *
 * @param {string} url
 * @returns {Promise<HTMLElement | null>}
 */
async function fetchList(url) {
  try {
    const response = await fetch(url);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.getElementById("messages");
  } catch {
    return null;
  }
}
