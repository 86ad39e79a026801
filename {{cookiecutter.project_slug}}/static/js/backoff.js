/**
 * How long to wait before the next try: a random part ("full jitter") of a time that doubles, so
 * that the clients of a server that went down do not all come back in the same moment.
 */

const FIRST = 500; // milliseconds
const LONGEST = 20_000;
const STABLE_AFTER = 5_000;

export class Backoff {
  #tries = 0;
  #succeededAt = Infinity;

  /** Call when a try succeeded. What lasts a while makes the next wait short again. */
  succeeded() {
    this.#succeededAt = Date.now();
  }

  /** @returns {number} milliseconds to wait before the next try */
  next() {
    if (Date.now() - this.#succeededAt >= STABLE_AFTER) this.#tries = 0;
    this.#succeededAt = Infinity;
    return Math.random() * Math.min(LONGEST, FIRST * 2 ** this.#tries++);
  }
}
