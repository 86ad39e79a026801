/** Opens popovers beside the button that opens them, where there is room. */

const GAP = 4; // pixels

/** @param {HTMLElement} popover @param {HTMLElement} button */
export function openBeside(popover, button) {
  const place = () => {
    const at = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = popover;
    const below = at.bottom + GAP;
    const top = below + height <= innerHeight ? below : at.top - GAP - height;
    const left = Math.min(at.right - width, innerWidth - width - GAP);
    popover.style.top = `${Math.max(GAP, top)}px`;
    popover.style.left = `${Math.max(GAP, left)}px`;
  };
  popover.addEventListener("toggle", (event) => {
    const open = /** @type {ToggleEvent} */ (event).newState === "open";
    if (open) place();
    if (open) addEventListener("resize", place);
    else removeEventListener("resize", place);
  });
}
