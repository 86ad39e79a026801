/**
 * Reads new messages out. The messages themselves are no live region: each edit, each reaction and
 * each page of the history would be read as well.
 */

const KEPT = 5;

/** @param {HTMLElement} log @returns {(message: import("./message.js").Shown) => void} */
export function announcer(log) {
  return ({ name, body, attachments = [] }) => {
    const line = document.createElement("p");
    const said = [body, ...attachments.map((file) => file.name)];
    line.textContent = `${name}: ${said.join(" ").trim()}`;
    log.append(line);
    while (log.childElementCount > KEPT) log.firstElementChild?.remove();
  };
}
