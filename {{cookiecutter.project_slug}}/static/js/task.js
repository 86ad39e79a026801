/** What the page shows of a task. Touches no part of the document. */

/**
 * An event of the stream `tasks`: see worker/README.md.
 *
 * @typedef {object} TaskEvent
 * @property {string} task
 * @property {string} name
 * @property {"READY" | "RUNNING" | "SUCCESSFUL" | "FAILED"} status
 * @property {number} attempt
 * @property {number | null} done
 * @property {number | null} total
 * @property {string} note
 * @property {unknown} result
 * @property {string} error
 *
 * @typedef {"waiting" | "running" | "stopping" | "finished" | "failed" | "cancelled"} State
 *
 * @typedef {object} ShownTask
 * @property {string} id
 * @property {string} name
 * @property {State} state
 * @property {number | null} percent null: nobody knows how much there is to do
 * @property {string} note
 * @property {number} attempts
 * @property {string} error
 * @property {string} result
 */

/** @type {Record<TaskEvent["status"], State>} */
const STATES = { READY: "waiting", RUNNING: "running", SUCCESSFUL: "finished", FAILED: "failed" };

/** As worker/queries.py makes it of a row. @param {TaskEvent} event @returns {ShownTask} */
export function shownTask({ task, name, status, attempt, done, total, note, result, error }) {
  return {
    id: task,
    name: name.replaceAll("_", " "),
    state: status === "FAILED" && error === "Cancelled" ? "cancelled" : STATES[status],
    percent: percentage(done, total),
    note,
    attempts: attempt,
    error,
    result: typeof result === "string" ? result : "",
  };
}

/** @param {number | null} done @param {number | null} total */
function percentage(done, total) {
  const percent = Math.floor((100 * (done ?? NaN)) / (total || NaN));
  return Number.isFinite(percent) ? Math.max(0, Math.min(percent, 100)) : null;
}
