/** The tasks on the page: those under way, and below them those that have ended. */

import { showClockTimeOrDay } from "./times.js";

/** @typedef {import("./task.js").ShownTask} ShownTask @typedef {import("./task.js").State} State */

const ENDED = new Set(["finished", "failed", "cancelled"]);

export class Rows {
  #lists;
  #template;
  #announcer;

  /**
   * @param {{underWay: HTMLElement, ended: HTMLElement}} lists
   * @param {HTMLTemplateElement} template
   * @param {HTMLElement} announcer is told what has ended
   */
  constructor(lists, template, announcer) {
    this.#lists = lists;
    this.#template = template;
    this.#announcer = announcer;
    this.#showTimes();
  }

  /** @param {ShownTask} task */
  show(task) {
    this.#keepFocus(() => {
      const row = this.#find(task.id) ?? this.#create(task.id);
      const before = row.dataset.state ?? "";
      const stays = before === "stopping" && task.state === "running";
      this.#fill(row, task);
      if (stays || before === task.state) return;
      this.#place(row, task.state);
      row.dataset.state = task.state;
      if (ENDED.has(task.state)) this.#announce(row, task);
    });
  }

  /** It was asked to stop, and has not yet. @param {string} id */
  showStopping(id) {
    const row = this.#find(id);
    if (row?.dataset.state !== "running") return;
    this.#keepFocus(() => {
      row.dataset.state = "stopping";
    });
  }

  /** Show the lists of a freshly loaded page. @param {Document} page */
  replaceWith(page) {
    this.#keepFocus(() => {
      for (const list of Object.values(this.#lists))
        list.replaceChildren(...(page.getElementById(list.id)?.children ?? []));
    });
    this.#showTimes();
  }

  /** @param {string} id @returns {HTMLElement | null} */
  #find(id) {
    const row = `[data-task="${CSS.escape(id)}"]`;
    const { underWay, ended } = this.#lists;
    return underWay.querySelector(row) ?? ended.querySelector(row);
  }

  /** @param {string} id @returns {HTMLElement} */
  #create(id) {
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    const row = /** @type {HTMLElement} */ (copy.querySelector("[data-task]"));
    row.dataset.task = id;
    for (const button of row.querySelectorAll("button")) button.value = id;
    return row;
  }

  /** @param {HTMLElement} row @param {ShownTask} task */
  #fill(row, task) {
    const values = { ...task, percent: task.percent === null ? "" : `${task.percent}%` };
    for (const part of row.querySelectorAll("[data-value]")) {
      const name = /** @type {keyof typeof values} */ (part.getAttribute("data-value"));
      part.textContent = String(values[name]);
    }
    const attempts = /** @type {HTMLElement} */ (row.querySelector('[data-part="attempts"]'));
    attempts.hidden = task.attempts < 2;
    const bar = /** @type {HTMLProgressElement} */ (row.querySelector("progress"));
    bar.setAttribute("aria-label", task.name);
    if (task.percent === null) bar.removeAttribute("value");
    else bar.value = task.percent;
  }

  /** @param {HTMLElement} row @param {State} state */
  #place(row, state) {
    const list = ENDED.has(state) ? this.#lists.ended : this.#lists.underWay;
    const waiting = list.querySelector('[data-state="waiting"]');
    list.insertBefore(row, state === "waiting" ? waiting : list.firstElementChild);
    while (list.childElementCount > Number(list.dataset.limit)) list.lastElementChild?.remove();
    const time = /** @type {HTMLTimeElement} */ (row.querySelector("time"));
    time.dateTime = new Date().toISOString();
    showClockTimeOrDay(time);
  }

  /** @param {HTMLElement} row @param {ShownTask} task */
  #announce(row, { name, state }) {
    const word = row.querySelector(`.task-state [data-when="${state}"]`)?.textContent;
    this.#announcer.textContent = `${name}: ${word}`;
  }

  /** Do what may move, hide or replace the button that has the focus. @param {() => void} change */
  #keepFocus(change) {
    const before = document.activeElement;
    const id = before?.closest("[data-task]")?.getAttribute("data-task");
    change();
    const row = id ? this.#find(id) : null;
    if (!row) return;
    const same = [...row.querySelectorAll("button")].find(
      (button) => button.getAttribute("formaction") === before?.getAttribute("formaction"),
    );
    const heading = /** @type {HTMLElement} */ (row.querySelector("h3"));
    (same?.checkVisibility() ? same : heading).focus({ preventScroll: true });
  }

  #showTimes() {
    for (const list of Object.values(this.#lists))
      for (const time of list.querySelectorAll("time")) showClockTimeOrDay(time);
  }
}
