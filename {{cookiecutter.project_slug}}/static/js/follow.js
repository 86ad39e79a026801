/** Stays at the end of the messages for who reads there; tells who reads further up of new ones. */

const NEAR = 80; // pixels from the end that still count as there

export class Follow {
  #log;
  #pill;
  #count;
  #onArrive;
  #atEnd = true;
  #missed = 0;

  /**
   * @param {HTMLElement} log scrolls in reverse: 0 is its end
   * @param {HTMLElement} pill holds a <span> for the number
   * @param {{onReturn: () => void, onArrive: () => void}} handlers `onReturn` is called after a
   *   click on the pill, which goes away; `onArrive` whenever the end has come into view
   */
  constructor(log, pill, { onReturn, onArrive }) {
    this.#log = log;
    this.#pill = pill;
    this.#count = /** @type {HTMLElement} */ (pill.querySelector("span"));
    this.#onArrive = onArrive;
    log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    pill.addEventListener("click", () => {
      this.toEnd();
      onReturn();
    });
  }

  /** Whether the last message is in view. */
  get atEnd() {
    return this.#atEnd;
  }

  /** Call to add a message, with how to add it. */
  adding(/** @type {() => void} */ add) {
    this.keeping(add);
    if (this.#atEnd) return;
    this.#missed += 1;
    this.#showPill();
  }

  /** Change the messages, while what is being read stays in its place. */
  keeping(/** @type {() => void} */ change) {
    if (!this.#atEnd) return this.staying(change);
    change();
    this.toEnd();
  }

  /** The same, but also at the end. */
  staying(/** @type {() => void} */ change) {
    const read = this.#firstInView();
    const before = read?.getBoundingClientRect().top ?? 0;
    change();
    if (read?.isConnected) this.#log.scrollTop += read.getBoundingClientRect().top - before;
  }

  toEnd() {
    this.#log.scrollTop = 0;
    this.#arrived();
  }

  #firstInView() {
    const { top } = this.#log.getBoundingClientRect();
    const messages = [...this.#log.querySelectorAll(".message")];
    return messages.find((message) => message.getBoundingClientRect().bottom > top);
  }

  #scrolled() {
    if (this.#log.scrollTop > -NEAR) this.#arrived();
    else this.#atEnd = false;
  }

  #arrived() {
    this.#atEnd = true;
    this.#missed = 0;
    this.#showPill();
    this.#onArrive();
  }

  #showPill() {
    this.#pill.hidden = this.#missed === 0;
    this.#count.textContent = String(this.#missed);
  }
}
