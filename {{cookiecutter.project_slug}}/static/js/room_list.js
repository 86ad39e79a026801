/** The rooms on the page: in the sidebar, and on the page of all rooms. */

import { showClockTimeOrDay } from "./times.js";
import { shownCount } from "./unread.js";

/** @typedef {import("./unread.js").Count} Count */

export class RoomList {
  #lists;

  /** @param {HTMLElement[]} lists each with an id, by which its like is found on a fresh page */
  constructor(lists) {
    this.#lists = lists;
    this.#showTimes();
  }

  /** The rooms that the reader is in, as the page has them. @returns {Map<string, Count>} */
  get counts() {
    /** @type {Map<string, Count>} */
    const counts = new Map();
    for (const { dataset } of this.#rows("[data-read-seq]"))
      counts.set(dataset.room ?? "", {
        unread: Number(dataset.unread),
        mentioned: dataset.mentioned !== undefined,
        seq: Number(dataset.seq),
        readSeq: Number(dataset.readSeq),
      });
    return counts;
  }

  /** @param {string} room */
  has(room) {
    return this.#rowsOf(room).length > 0;
  }

  /** @param {string} room @returns {string | undefined} */
  nameOf(room) {
    return this.#rowsOf(room)[0]?.querySelector("[data-name]")?.textContent ?? undefined;
  }

  /** @param {string} room @param {Count} count */
  showCount(room, { unread, mentioned }) {
    for (const row of this.#rowsOf(room)) {
      const badge = /** @type {HTMLElement} */ (row.querySelector(".unread"));
      badge.hidden = unread === 0 && !mentioned;
      badge.toggleAttribute("data-mentioned", mentioned);
      badge.querySelector("[data-count]")?.replaceChildren(shownCount(unread));
    }
  }

  /** @param {{room: string, name: string, body: string, created_at: string}} news */
  showLast({ room, name, body, created_at }) {
    for (const row of this.#rowsOf(room)) {
      const last = row.querySelector("[data-last]");
      if (last === null) continue;
      last.querySelector("bdi")?.replaceChildren(name);
      last.querySelector("[data-body]")?.replaceChildren(body || (row.dataset.fileText ?? ""));
      for (const part of row.querySelectorAll("[data-when]"))
        /** @type {HTMLElement} */ (part).hidden = part.getAttribute("data-when") === "empty";
      const time = /** @type {HTMLTimeElement} */ (row.querySelector("time"));
      time.dateTime = created_at;
      showClockTimeOrDay(time);
      if (!row.contains(document.activeElement)) row.parentElement?.prepend(row);
    }
  }

  /** @param {string} room @param {string} name */
  rename(room, name) {
    for (const row of this.#rowsOf(room)) row.querySelector("[data-name]")?.replaceChildren(name);
  }

  /** @param {string} room @returns {boolean} */
  isArchived(room) {
    return this.#rowsOf(room)[0]?.dataset.archived !== undefined;
  }

  /** Show the lists of a freshly loaded page. @param {Document} page */
  replaceWith(page) {
    const focused = document.activeElement?.closest("[data-room]");
    const isOpen = this.#lists.map((list) => list.querySelector("details")?.open ?? false);
    const current = document.querySelector("[data-room] [aria-current]")?.closest("[data-room]");
    for (const [index, list] of this.#lists.entries()) {
      const hadFocus = focused && list.contains(focused);
      const hadCurrent = current && list.contains(current);
      list.replaceChildren(...(page.getElementById(list.id)?.childNodes ?? []));
      const details = list.querySelector("details");
      if (details && isOpen[index]) details.open = true;
      if (hadFocus) this.#linkOf(list, focused)?.focus({ preventScroll: true });
      if (hadCurrent) this.#linkOf(list, current)?.setAttribute("aria-current", "page");
    }
    this.#showTimes();
  }

  /** @param {HTMLElement} list @param {Element} row @returns {HTMLElement | null} */
  #linkOf(list, row) {
    const room = CSS.escape(row.getAttribute("data-room") ?? "");
    return list.querySelector(`[data-room="${room}"] a`);
  }

  /** @param {string} room */
  #rowsOf(room) {
    return this.#rows(`[data-room="${CSS.escape(room)}"]`);
  }

  /** @param {string} selector @returns {HTMLElement[]} */
  #rows(selector) {
    return this.#lists.flatMap((list) => [...list.querySelectorAll(selector)]).map(
      (row) => /** @type {HTMLElement} */ (row),
    );
  }

  #showTimes() {
    for (const list of this.#lists)
      for (const time of list.querySelectorAll("time"))
        if (time.dateTime) showClockTimeOrDay(time);
  }
}
