/** Who is in the room now. */

const AVATARS = 3;

/** @typedef {{author: string, name: string}} Person */

export class Presence {
  #button;
  #popover;
  #template;
  /** @type {Map<string, string>} user names, and what these are called */
  #people = new Map();

  /**
   * @param {HTMLElement} button
   * @param {HTMLElement} popover
   * @param {HTMLTemplateElement} template
   */
  constructor(button, popover, template) {
    this.#button = button;
    this.#popover = popover;
    this.#template = template;
  }

  /** @param {{people: Person[], count: number}} event */
  list({ people, count }) {
    this.#people = new Map(people.map(({ author, name }) => [author, name]));
    this.#show(count);
  }

  /** @param {{joined: Person[], left: string[], count: number}} event */
  change({ joined, left, count }) {
    for (const { author, name } of joined) this.#people.set(author, name);
    for (const author of left) this.#people.delete(author);
    this.#show(count);
  }

  /** Nobody tells any more who is there. */
  hide() {
    this.#button.hidden = true;
  }

  /** @param {number} count of all, though one may not know each */
  #show(count) {
    const part = (/** @type {Element} */ parent, /** @type {string} */ selector) =>
      /** @type {HTMLElement} */ (parent.querySelector(selector));
    const names = new Intl.Collator(document.documentElement.lang);
    const people = [...this.#people].sort(([, one], [, other]) => names.compare(one, other));
    const avatars = people.slice(0, AVATARS).map(([, name]) => avatar(name));
    part(this.#button, ".people-avatars").replaceChildren(...avatars);
    part(this.#button, ".people-count").textContent = String(count);
    part(this.#popover, "ul").replaceChildren(...people.map((person) => this.#row(person)));
    const more = part(this.#popover, ".people-more");
    more.hidden = count <= people.length;
    more.textContent = (more.dataset.text ?? "").replace("{count}", String(count - people.length));
    this.#button.hidden = false;
  }

  /** @param {[string, string]} person */
  #row([author, name]) {
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    const part = (/** @type {string} */ selector) =>
      /** @type {HTMLElement} */ (copy.querySelector(selector));
    part(".avatar").dataset.initial = [...name][0];
    part(".person-name").textContent = name;
    part(".person-user").textContent = name === author ? "" : `@${author}`;
    return copy;
  }
}

/** @param {string} name */
function avatar(name) {
  const element = document.createElement("span");
  element.className = "avatar";
  element.dataset.initial = [...name][0];
  return element;
}
