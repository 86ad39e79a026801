/** The page Tasks: how its parts are wired. Its forms work without this, too. */

import { CatchUp } from "./catchup.js";
import { Connection } from "./connection.js";
import { Rows } from "./rows.js";
import { openSocket } from "./site_socket.js";
import { shownTask } from "./task.js";

const AGAIN_AFTER = 5_000; // milliseconds
const PATIENCE = 15_000;

/** @returns {any} the element, which tasks.html has */
const byId = (/** @type {string} */ id) => document.getElementById(id);

const socket = openSocket(byId("tasks").dataset.socket);
const connection = new Connection(socket, byId("connection"));

const lists = { underWay: byId("under-way"), ended: byId("ended") };
const rows = new Rows(lists, byId("task-template"), byId("announcer"));
const page = new CatchUp(
  (/** @type {Document} */ fresh) => {
    rows.replaceWith(fresh);
    byId("problem").hidden = true;
  },
  (/** @type {import("./task.js").TaskEvent} */ event) => rows.show(shownTask(event)),
);
const stream = socket.open("tasks", {
  onOpened: reload,
  onPayload(payload) {
    if (payload.type === "task.missed") reload();
    else if (payload.task !== undefined) page.accept(payload);
  },
  onRefused: ({ code }) => connection.showRefused(code),
});

/** What was not heard, before the stream was open, is on the page by now. */
async function reload() {
  try {
    await page.load(fetchPage(location.href));
  } catch {
    setTimeout(() => stream.state === "open" && reload(), AGAIN_AFTER);
  }
}

/** @param {string} address @param {RequestInit} [options] */
async function fetchPage(address, options) {
  const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE), ...options });
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  if (fresh.getElementById("tasks") === null) throw new Error(response.statusText);
  return fresh;
}

byId("steer").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (event.submitter);
  byId("problem").hidden = await steer(byId("steer"), button).then(
    () => true,
    () => false,
  );
});

/**
 * By a command where there is one and the stream is open, else by the form, whose answer is the
 * page.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 */
async function steer(form, button) {
  const { command } = button.dataset;
  if (command !== undefined && stream.state === "open") {
    await stream.request({ type: command, task: button.value });
    rows.showStopping(button.value);
  } else {
    const body = new FormData(form, button);
    await page.load(fetchPage(button.formAction, { method: "POST", body }));
  }
}
