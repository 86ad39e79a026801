/** What one can do with a message: a toolbar beside it, a menu, a choice of emoji. */

import { openBeside } from "./beside.js";

/**
 * @typedef {object} Handlers
 * @property {(article: HTMLElement) => void} onReply
 * @property {(article: HTMLElement) => void} onEdit
 * @property {(article: HTMLElement) => void} onDelete
 * @property {(article: HTMLElement) => void} onLink
 * @property {(message: number, emoji: string, on: boolean) => void} onReact
 *
 * @typedef {object} Parts
 * @property {HTMLElement} list of messages
 * @property {HTMLElement} toolbar
 * @property {HTMLElement} menu
 * @property {HTMLElement} picker
 */

export class Actions {
  /** Whether the reader may delete what others wrote. */
  moderates = false;
  #parts;
  #handlers;
  #home;
  /** @type {HTMLElement | null} */
  #article = null;

  /** @param {Parts} parts @param {Handlers} handlers */
  constructor(parts, handlers) {
    this.#parts = parts;
    this.#handlers = handlers;
    this.#home = /** @type {HTMLElement} */ (parts.toolbar.parentElement);
    this.#watchList();
    this.#watchMenu();
    this.#watchPicker();
  }

  /** Take the toolbar away, as before its message is replaced. */
  rest() {
    this.#parts.toolbar.hidden = true;
    this.#home.append(this.#parts.toolbar);
    for (const popover of [this.#parts.menu, this.#parts.picker]) popover.hidePopover();
    this.#article?.classList.remove("active");
    this.#article = null;
  }

  #watchList() {
    const { list, toolbar } = this.#parts;
    const at = (/** @type {EventTarget | null} */ target) =>
      /** @type {Element} */ (target).closest(".message");
    list.addEventListener("pointerover", ({ target, pointerType }) => {
      if (pointerType === "mouse" && !this.#busy) this.#moveTo(at(target));
    });
    list.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse" && !this.#busy) this.rest();
    });
    list.addEventListener("focusin", ({ target }) => this.#moveTo(at(target)));
    list.addEventListener("click", ({ target }) => {
      const taken = /** @type {Element} */ (target).closest("a, button");
      if (taken === null && matchMedia("(hover: none)").matches) this.#moveTo(at(target));
    });
    document.addEventListener("focusin", ({ target }) => {
      if (!this.#busy && !list.contains(/** @type {Node} */ (target))) this.rest();
    });
    toolbar.addEventListener("click", (event) => this.#act(event));
  }

  /** Whether the toolbar is being used, so must not move to what is under the pointer. */
  get #busy() {
    const { toolbar, menu, picker } = this.#parts;
    if ([menu, picker].some((popover) => popover.matches(":popover-open"))) return true;
    return this.#article?.querySelector(":focus-visible") != null || toolbar.matches(":focus-within");
  }

  /** @param {Element | null} article */
  #moveTo(article) {
    if (article === this.#article) return;
    this.rest();
    if (!(article instanceof HTMLElement) || !article.matches(":not([data-state], .deleted)")) return;
    this.#article = article;
    article.classList.add("active");
    article.append(this.#parts.toolbar);
    this.#parts.toolbar.hidden = false;
  }

  #watchMenu() {
    const { toolbar, menu } = this.#parts;
    openBeside(menu, /** @type {HTMLElement} */ (toolbar.querySelector("#more-button")));
    menu.addEventListener("beforetoggle", () => {
      const own = this.#article?.matches(".own") ?? false;
      show(menu, "editable", own && !this.#article?.matches(".action"));
      show(menu, "deletable", own || this.moderates);
    });
    menu.addEventListener("click", (event) => this.#act(event));
  }

  #watchPicker() {
    const { toolbar, picker } = this.#parts;
    openBeside(picker, /** @type {HTMLElement} */ (toolbar.querySelector("#react-button")));
    const form = /** @type {HTMLFormElement} */ (picker.querySelector("form"));
    const typed = /** @type {HTMLInputElement} */ (form.elements.namedItem("emoji"));
    picker.addEventListener("click", ({ target }) => {
      const emoji = /** @type {Element} */ (target).closest("[data-emoji]");
      if (emoji !== null) this.#react(emoji.getAttribute("data-emoji") ?? "");
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const emoji = typed.value.trim();
      if (emoji !== "") this.#react(emoji);
      typed.value = "";
    });
  }

  /** @param {string} emoji */
  #react(emoji) {
    const article = this.#article;
    this.#parts.picker.hidePopover();
    if (article === null) return;
    const chip = article.querySelector(`.reaction[data-emoji="${CSS.escape(emoji)}"]`);
    const on = chip?.getAttribute("aria-pressed") !== "true";
    this.#handlers.onReact(Number(article.dataset.id), emoji, on);
  }

  /** @param {MouseEvent} event */
  #act({ target }) {
    const action = /** @type {Element} */ (target).closest("[data-action]");
    const article = this.#article;
    if (action === null || article === null) return;
    this.#parts.menu.hidePopover();
    const { onReply, onEdit, onDelete, onLink } = this.#handlers;
    const handlers = { reply: onReply, edit: onEdit, delete: onDelete, link: onLink };
    const name = /** @type {keyof typeof handlers} */ (action.getAttribute("data-action"));
    handlers[name](article);
  }
}

/** @param {HTMLElement} menu @param {string} name @param {boolean} shown */
function show(menu, name, shown) {
  /** @type {HTMLElement} */ (menu.querySelector(`[data-when=${name}]`)).hidden = !shown;
}
