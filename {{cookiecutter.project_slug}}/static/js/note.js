/** Something for the reader alone, above the composer: what a command answers, or what went wrong. */

export class Note {
  #element;
  #text;

  /** @param {HTMLElement} element @param {() => void} onDismiss */
  constructor(element, onDismiss) {
    this.#element = element;
    this.#text = /** @type {HTMLElement} */ (element.querySelector("p"));
    element.querySelector("button")?.addEventListener("click", () => {
      this.hide();
      onDismiss();
    });
  }

  /** @param {string} text */
  show(text) {
    this.#element.hidden = false;
    this.#text.textContent = text;
  }

  /** @returns {boolean} whether there was one */
  hide() {
    const shown = !this.#element.hidden;
    this.#element.hidden = true;
    this.#text.textContent = "";
    return shown;
  }
}
