/** The emoji under a message: how many have put each, who, and whether oneself has. */

/**
 * @param {HTMLElement} list
 * @param {Record<string, string[]>} reactions who put each
 * @param {string} me
 */
export function showReactions(list, reactions, me) {
  const shown = new Map();
  for (const chip of list.querySelectorAll("button")) {
    const emoji = chip.dataset.emoji ?? "";
    if (emoji in reactions) shown.set(emoji, chip);
    else chip.remove();
  }
  for (const [emoji, people] of Object.entries(reactions)) {
    const chip = shown.get(emoji) ?? list.appendChild(create(emoji));
    chip.setAttribute("aria-pressed", String(people.includes(me)));
    const names = people.join(", ");
    if (chip.title === names) continue;
    chip.title = names;
    chip.querySelector(".reaction-count").textContent = String(people.length);
    chip.querySelector(".visually-hidden").textContent = names;
  }
  list.hidden = list.childElementCount === 0;
}

/** @param {string} emoji */
function create(emoji) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("reaction-template"));
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const chip = /** @type {HTMLButtonElement} */ (copy.querySelector("button"));
  chip.dataset.emoji = emoji;
  /** @type {Element} */ (chip.querySelector(".reaction-emoji")).textContent = emoji;
  return chip;
}

/**
 * Put a reaction, or take it away, by a click on its chip.
 *
 * @param {HTMLElement} list of messages
 * @param {(message: number, emoji: string, on: boolean) => void} onReact
 */
export function watchReactions(list, onReact) {
  list.addEventListener("click", ({ target }) => {
    const chip = /** @type {Element} */ (target).closest(".reaction");
    const id = Number(chip?.closest("article")?.dataset.id);
    if (!(chip instanceof HTMLElement) || !id) return;
    onReact(id, chip.dataset.emoji ?? "", chip.getAttribute("aria-pressed") !== "true");
  });
}
