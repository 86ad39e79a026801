/** Where one writes. What is typed survives a reload. */

/** Keyboards of touch screens have no Shift+Enter; there, Enter starts a new line. */
const finePointer = matchMedia("(pointer: fine)");

export class Composer {
  #form;
  #text;
  #key;
  #onSend;

  /**
   * @param {HTMLFormElement} form
   * @param {string} key of the draft in the session's storage
   * @param {(body: string) => void} onSend
   */
  constructor(form, key, onSend) {
    this.#form = form;
    this.#text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("body"));
    this.#key = key;
    this.#onSend = onSend;
    form.noValidate = true; // Enter in an empty field means nothing; a bubble would say so
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#text.addEventListener("keydown", (event) => this.#keydown(event));
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.value ||= sessionStorage.getItem(key) ?? "";
    this.#changed();
    if (finePointer.matches) this.focus(); // elsewhere this would open the keyboard
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** Nothing can be sent any more; what was typed stays, to be copied. */
  disable() {
    this.#text.readOnly = true;
    for (const button of this.#form.querySelectorAll("button")) button.disabled = true;
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const body = this.#text.value.trim();
    if (body !== "" && !this.#text.readOnly) {
      this.#text.value = "";
      this.#changed();
      this.#onSend(body);
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

  #changed() {
    const text = this.#text;
    if (text.value === "") sessionStorage.removeItem(this.#key);
    else sessionStorage.setItem(this.#key, text.value);
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`; // 2: the border
  }
}
