/** The page by keyboard. */

/**
 * In the composer, Escape cancels and the arrow up goes to one's last message.
 *
 * @param {HTMLElement} form
 * @param {{onEscape: () => void, onEditLast: () => boolean}} handlers `onEditLast` tells whether
 *   there is something to edit
 */
export function composerKeys(form, { onEscape, onEditLast }) {
  form.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") onEscape();
    else if (event.key === "ArrowUp" && onEditLast()) event.preventDefault();
  });
}

/**
 * Among the messages, arrow keys go from one to the next, and Escape back to the composer.
 *
 * @param {HTMLElement} log takes the focus; its messages do by the arrow keys
 * @param {() => void} onLeave
 */
export function walkMessages(log, onLeave) {
  log.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (event.key === "Escape") {
      if (!document.querySelector(":popover-open")) onLeave();
      return;
    }
    const messages = [...log.querySelectorAll(".message")];
    const current = document.activeElement?.closest(".message") ?? null;
    const next = nextOf(messages, current, event.key);
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  });
}

/** @param {Element[]} messages @param {Element | null} current @param {string} key */
function nextOf(messages, current, key) {
  if (key === "Home") return messages[0];
  if (key === "End") return messages.at(-1);
  const at = current === null ? messages.length : messages.indexOf(current);
  if (key === "ArrowUp") return messages[at - 1];
  if (key === "ArrowDown") return messages[at + 1];
  return undefined;
}
