/** Asks before something is lost. */

/**
 * @param {HTMLDialogElement} dialog
 * @param {string} text what it is about
 * @returns {Promise<boolean>}
 */
export function confirmed(dialog, text) {
  /** @type {Element} */ (dialog.querySelector("blockquote")).textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "delete"), {
      once: true,
    });
  });
}
