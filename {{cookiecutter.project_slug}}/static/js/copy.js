/** Buttons that copy the text of a field beside them. Without the permission, it is selected. */

/** @param {HTMLElement} root holds elements with `data-copy`: a field, a button and a status */
export function offerCopies(root) {
  for (const group of root.querySelectorAll("[data-copy]")) {
    const field = /** @type {HTMLInputElement} */ (group.querySelector("input"));
    const button = /** @type {HTMLButtonElement} */ (group.querySelector("button"));
    const status = /** @type {HTMLElement} */ (group.querySelector("[role=status]"));
    field.value = new URL(field.value, location.href).href;
    field.addEventListener("focus", () => field.select());
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        status.textContent = status.dataset.done ?? "";
      } catch {
        field.focus();
      }
    });
  }
}
