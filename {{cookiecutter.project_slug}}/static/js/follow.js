/** Stays at the end of the messages for who reads there; tells who reads further up of new ones. */

const NEAR = 80; // pixels from the end that still count as there

export class Follow {
  #log;
  #pill;
  #count;
  #atEnd = true;
  #missed = 0;

  /**
   * @param {HTMLElement} log scrolls in reverse: 0 is its end
   * @param {HTMLElement} pill holds a <span> for the number
   * @param {() => void} onReturn called after a click on the pill, which goes away
   */
  constructor(log, pill, onReturn) {
    this.#log = log;
    this.#pill = pill;
    this.#count = /** @type {HTMLElement} */ (pill.querySelector("span"));
    log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    pill.addEventListener("click", () => {
      this.toEnd();
      onReturn();
    });
  }

  /** Call before a message is added, with how to add it. */
  adding(/** @type {() => void} */ add) {
    const wasAtEnd = this.#atEnd;
    const heightBefore = this.#log.scrollHeight;
    const topBefore = this.#log.scrollTop;
    add();
    if (wasAtEnd) return this.toEnd();
    // Keep what is being read in its place, as browsers with scroll anchoring do by themselves.
    this.#log.scrollTop = topBefore - (this.#log.scrollHeight - heightBefore);
    this.#missed += 1;
    this.#showPill();
  }

  toEnd() {
    this.#log.scrollTop = 0;
    this.#arrived();
  }

  #scrolled() {
    if (this.#log.scrollTop > -NEAR) this.#arrived();
    else this.#atEnd = false;
  }

  #arrived() {
    this.#atEnd = true;
    this.#missed = 0;
    this.#showPill();
  }

  #showPill() {
    this.#pill.hidden = this.#missed === 0;
    this.#count.textContent = String(this.#missed);
  }
}
