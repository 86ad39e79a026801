/** Says what is wrong with the connection, and nothing while it is well. */

const PATIENCE = 1_000; // milliseconds; what is mended within is not worth a word

export class Connection {
  #socket;
  #element;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("./socket.js").Socket} socket
   * @param {HTMLElement} element holds a child for each trouble, named by `data-when`
   */
  constructor(socket, element) {
    this.#socket = socket;
    this.#element = element;
    socket.addEventListener("state", () => this.#changed());
    this.#changed();
  }

  /** Closed for good. @param {number} code */
  showRefused(code) {
    if (code === 4401) this.#show("signed-out");
    else this.#show(code === 4409 ? "removed" : "gone");
  }

  #changed() {
    if (this.#socket.state === "open") {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#show(null);
    } else if (this.#socket.state !== "closed") {
      this.#timer ??= setTimeout(() => this.#show("waiting"), PATIENCE);
      if (this.#shown) this.#show("waiting");
    }
  }

  get #shown() {
    return this.#element.querySelector("[data-when]:not([hidden])") !== null;
  }

  /** @param {"waiting" | "signed-out" | "removed" | "gone" | null} trouble */
  #show(trouble) {
    const name = trouble === "waiting" && !navigator.onLine ? "offline" : trouble;
    for (const child of this.#element.querySelectorAll("[data-when]"))
      /** @type {HTMLElement} */ (child).hidden = child.getAttribute("data-when") !== name;
  }
}
