/** Up to where one has read: told to the server, and shown by a line above what is new. */

const TELL_EVERY = 2_000; // milliseconds

export class Reading {
  #line;
  #tell;
  #read;
  #told;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {number} read the number of the last message that was read
   * @param {HTMLElement} line
   * @param {(id: number) => void} tell
   */
  constructor(read, line, tell) {
    this.#read = this.#told = read;
    this.#line = line;
    this.#tell = tell;
  }

  /** Show the line above the first message that one has not seen. @param {Element | undefined} article */
  mark(article) {
    let before = article;
    if (before?.previousElementSibling?.matches(".day")) before = before.previousElementSibling;
    if (before === undefined) this.#line.remove();
    else before.before(this.#line);
  }

  /** Whether there is a line above something that one has not seen yet. */
  get marked() {
    if (!this.#line.isConnected) return false;
    let next = this.#line.nextElementSibling;
    while (next && !next.matches(".message")) next = next.nextElementSibling;
    return Number(next?.getAttribute("data-id") ?? 0) > this.#read;
  }

  get last() {
    return this.#read;
  }

  /** One has seen everything up to here. @param {number} id */
  upTo(id) {
    if (id <= this.#read) return;
    this.#read = id;
    if (this.#timer === undefined) this.#tellNow();
  }

  /** What was not told, since the connection was lost. */
  again() {
    this.#told = 0;
    if (this.#timer === undefined && this.#read > 0) this.#tellNow();
  }

  #tellNow() {
    this.#told = this.#read;
    this.#tell(this.#read);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#read > this.#told) this.#tellNow();
    }, TELL_EVERY);
  }
}
