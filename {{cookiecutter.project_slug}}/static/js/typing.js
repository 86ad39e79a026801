/** Tells the others that one types, and shows who of them does. */

const NOTICE_EVERY = 3_000; // milliseconds
const SHOWN_FOR = 5_000; // after the last notice

/** @param {() => void} tell @returns {() => void} to be called with each change of the text */
export function typingNotice(tell) {
  let toldAt = -Infinity;
  return () => {
    const now = Date.now();
    if (now - toldAt < NOTICE_EVERY) return;
    toldAt = now;
    tell();
  };
}

export class Typing {
  #show;
  /** @type {Map<string, {name: string, timer: ReturnType<typeof setTimeout>}>} */
  #people = new Map();

  /** @param {(names: string[]) => void} show */
  constructor(show) {
    this.#show = show;
  }

  /** @param {{author: string, name: string}} person */
  started({ author, name }) {
    clearTimeout(this.#people.get(author)?.timer);
    const timer = setTimeout(() => this.stopped(author), SHOWN_FOR);
    this.#people.set(author, { name, timer });
    this.#changed();
  }

  /** What they typed has come, or they have left. @param {string} author */
  stopped(author) {
    clearTimeout(this.#people.get(author)?.timer);
    if (this.#people.delete(author)) this.#changed();
  }

  #changed() {
    this.#show([...this.#people.values()].map(({ name }) => name));
  }
}

/**
 * @param {HTMLElement} line has the sentences, in the page's language
 * @returns {(names: string[]) => void}
 */
export function typingLine(line) {
  return ([name, other, ...more]) => {
    const { one = "", two = "", several = "" } = line.dataset;
    let text = name === undefined ? "" : one;
    if (other !== undefined) text = more.length > 0 ? several : two;
    text = text.replace(/\{(name|other)\}/g, (_, which) => (which === "name" ? name : other));
    if (line.textContent !== text) line.textContent = text; // else it would be read again
  };
}
