/** What can be done about a message that was not sent: its buttons. */

/**
 * @param {HTMLElement} list of messages
 * @param {{onRetry: (clientId: string) => void, onDiscard: (clientId: string) => void}} handlers
 */
export function watchOutgoing(list, { onRetry, onDiscard }) {
  list.addEventListener("click", ({ target }) => {
    const button = /** @type {Element} */ (target).closest(".message-outgoing [data-action]");
    const clientId = button?.closest("article")?.dataset.clientId;
    if (button === null || clientId === undefined) return;
    if (button.getAttribute("data-action") === "retry") onRetry(clientId);
    else onDiscard(clientId);
  });
}
