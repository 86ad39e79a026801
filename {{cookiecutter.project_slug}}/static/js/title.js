/** The page's title, and before it how much is unread in all rooms. */

export class Title {
  #name;
  #site;
  #unread = "";

  constructor() {
    const [, name, site] = /^(.*) · (.*)$/s.exec(document.title) ?? ["", document.title, ""];
    this.#name = name;
    this.#site = site;
  }

  /** @param {string} name */
  rename(name) {
    this.#name = name;
    this.#show();
  }

  /** @param {string} count nothing, or "3" or "99+" */
  showUnread(count) {
    this.#unread = count;
    this.#show();
  }

  #show() {
    const unread = this.#unread === "" ? "" : `(${this.#unread}) `;
    document.title = `${unread}${this.#name} · ${this.#site}`;
  }
}
