/** Puts a room's events in order: each once, none left out. */

const PATIENCE = 1_000; // milliseconds in which an event may still be on its way

/** @typedef {{seq: number}} Numbered */

/** @template {Numbered} T */
export class Sequence {
  /** The number of the last event that was applied. */
  last;
  #apply;
  #onGap;
  #held = false;
  /** @type {Map<number, T>} events that came before their turn */
  #early = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {number} last
   * @param {(event: T) => void} apply called with each event in its turn
   * @param {() => void} onGap called when one does not come: ask again for what is after `last`
   */
  constructor(last, apply, onGap) {
    this.last = last;
    this.#apply = apply;
    this.#onGap = onGap;
  }

  /** @param {T} event */
  accept(event) {
    if (event.seq <= this.last && !this.#held) return;
    this.#early.set(event.seq, event);
    this.#advance();
  }

  /** The server has sent all there is up to `seq`: a number still missing is no event's. */
  complete(/** @type {number} */ seq) {
    const seqs = [...this.#early.keys()].filter((early) => early <= seq).sort((a, b) => a - b);
    for (const early of seqs) this.#applyNow(early);
    this.last = Math.max(this.last, seq);
    this.#advance();
  }

  /** Keep events back until `restart`, while the history is loaded anew. */
  hold() {
    this.#held = true;
  }

  /** Go on after a history that ends with `last`. */
  restart(/** @type {number} */ last) {
    this.#held = false;
    this.last = last;
    for (const seq of this.#early.keys()) if (seq <= last) this.#early.delete(seq);
    this.#advance();
  }

  #advance() {
    if (this.#held) return;
    while (this.#early.has(this.last + 1)) this.#applyNow(this.last + 1);
    clearTimeout(this.#timer);
    this.#timer = this.#early.size > 0 ? setTimeout(this.#onGap, PATIENCE) : undefined;
  }

  #applyNow(/** @type {number} */ seq) {
    const event = /** @type {T} */ (this.#early.get(seq));
    this.#early.delete(seq);
    this.last = seq;
    this.#apply(event);
  }
}
