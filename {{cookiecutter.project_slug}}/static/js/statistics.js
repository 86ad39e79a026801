/** Asks for a room's statistics and shows the worker's answer when it comes. */

const PATIENCE = 20_000; // milliseconds

/**
 * @typedef {object} TaskFinished
 * @property {string} type
 * @property {string} task
 * @property {string} status
 * @property {Record<string, unknown> | null} result
 */

/**
 * @param {import("./socket.js").Socket} socket
 * @param {HTMLElement} button opens the panel
 * @param {HTMLElement} panel
 */
export function showStatistics(socket, button, panel) {
  const form = /** @type {HTMLFormElement} */ (panel.querySelector("form"));
  /** @type {Map<string, TaskFinished>} a fast worker's answer comes before its task's number */
  const answers = new Map();
  /** @type {string | null} */
  let task = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const show = (/** @type {"waiting" | "failed" | "done"} */ state) => {
    if (state !== "waiting") clearTimeout(timer);
    for (const part of panel.querySelectorAll("[data-when]"))
      /** @type {HTMLElement} */ (part).hidden = part.getAttribute("data-when") !== state;
  };

  const ask = async () => {
    task = null;
    answers.clear();
    clearTimeout(timer);
    timer = setTimeout(() => show("failed"), PATIENCE);
    show("waiting");
    try {
      const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
      task = (await response.json()).task;
      answer();
    } catch {
      show("failed");
    }
  };

  const answer = () => {
    const finished = task === null ? undefined : answers.get(task);
    if (finished === undefined) return;
    for (const part of panel.querySelectorAll("[data-value]"))
      part.textContent = String(finished.result?.[part.getAttribute("data-value") ?? ""] ?? "–");
    show(finished.status === "SUCCESSFUL" ? "done" : "failed");
  };

  socket.open("tasks", {
    onPayload: (/** @type {TaskFinished} */ event) => {
      if (event.type !== "task.finished") return;
      answers.set(event.task, event);
      answer();
    },
  });
  panel.addEventListener("beforetoggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") ask();
  });
  button.hidden = false;
}
