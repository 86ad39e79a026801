/** A picture as large as the window, over the room. Without this, its link opens it. */

/**
 * @param {HTMLElement} list of messages
 * @param {HTMLDialogElement} dialog
 */
export function viewPictures(list, dialog) {
  const image = /** @type {HTMLImageElement} */ (dialog.querySelector("img"));
  const original = /** @type {HTMLAnchorElement} */ (dialog.querySelector("a"));
  list.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest(".attachment-picture");
    if (!(link instanceof HTMLAnchorElement)) return;
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    image.src = original.href = link.href;
    image.alt = original.download = link.title;
    dialog.setAttribute("aria-label", link.title);
    dialog.showModal();
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog || target === image) dialog.close();
  });
  dialog.addEventListener("close", () => image.removeAttribute("src"));
}
