/** Where one writes. What is typed survives a reload. */

/** Keyboards of touch screens have no Shift+Enter; there, Enter starts a new line. */
const finePointer = matchMedia("(pointer: fine)");

/**
 * @typedef {object} Handlers
 * @property {(body: string) => void} onSend
 * @property {() => void} [onTyping] called with each change of what is not empty
 */

export class Composer {
  /** Whether there is something to send without text, as a file. */
  maySendEmpty = () => false;
  /** Whether a file is still on its way, which sends both when it is there. */
  mustWait = () => false;
  #form;
  #text;
  #key;
  #handlers;
  /** What was typed before something else was put here to be edited. @type {string | null} */
  #draft = null;

  /**
   * @param {HTMLFormElement} form
   * @param {string} key of the draft in the session's storage
   * @param {Handlers} handlers
   */
  constructor(form, key, handlers) {
    this.#form = form;
    this.#text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("body"));
    this.#key = key;
    this.#handlers = handlers;
    form.noValidate = true; // Enter in an empty field means nothing; a bubble would say so
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#text.addEventListener("keydown", (event) => this.#keydown(event));
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.value ||= sessionStorage.getItem(key) ?? "";
    this.#changed();
    if (finePointer.matches) this.focus(); // elsewhere this would open the keyboard
  }

  get body() {
    return this.#text.value;
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** Edit another text; the draft waits. @param {string} text */
  borrow(text) {
    this.#draft ??= this.#text.value;
    this.#text.value = text;
    this.#changed();
  }

  /** Go on with the draft. */
  giveBack() {
    if (this.#draft === null) return;
    this.#text.value = this.#draft;
    this.#draft = null;
    this.#changed();
  }

  /** Nothing can be sent any more; what was typed stays, to be copied. */
  disable() {
    this.#text.readOnly = true;
    for (const button of this.#form.querySelectorAll("button")) button.disabled = true;
  }

  /** An archived room says so instead. @param {boolean} archived */
  showArchived(archived) {
    /** @type {HTMLElement} */ (this.#form.querySelector("fieldset")).hidden = archived;
    /** @type {HTMLElement} */ (this.#form.querySelector("[data-when=archived]")).hidden = !archived;
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const body = this.#text.value.trim();
    const waits = !this.#text.readOnly && this.mustWait();
    if (!waits && (body !== "" || this.maySendEmpty()) && !this.#text.readOnly) {
      this.#text.value = "";
      this.#changed();
      this.#handlers.onSend(body);
    }
    this.#text.focus();
  }

  /** @param {KeyboardEvent} event */
  #keydown(event) {
    const plainEnter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (!plainEnter || !finePointer.matches) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #typed() {
    this.#changed();
    if (this.#text.value !== "" && this.#draft === null) this.#handlers.onTyping?.();
  }

  #changed() {
    const text = this.#text;
    if (this.#draft === null) {
      if (text.value === "") sessionStorage.removeItem(this.#key);
      else sessionStorage.setItem(this.#key, text.value);
    }
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`; // 2: the border
  }
}
