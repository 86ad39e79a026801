/** On a phone the rooms slide in over the messages. */

/**
 * @param {HTMLElement} sidebar
 * @param {HTMLElement} toggle
 * @param {HTMLElement} scrim
 */
export function slideIn(sidebar, toggle, scrim) {
  const set = (/** @type {boolean} */ open) => {
    sidebar.toggleAttribute("data-open", open);
    toggle.setAttribute("aria-expanded", String(open));
  };
  const close = () => {
    if (!sidebar.hasAttribute("data-open")) return;
    set(false);
    toggle.focus();
  };
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    set(true);
    /** @type {HTMLElement | null} */ (sidebar.querySelector("a"))?.focus();
  });
  scrim.addEventListener("click", close);
  addEventListener("keydown", (event) => event.key === "Escape" && close());
  sidebar.addEventListener("focusout", ({ relatedTarget }) => {
    const leaves = relatedTarget instanceof Node && !sidebar.contains(relatedTarget);
    if (leaves) set(false);
  });
}
