/**
 * Suggests people while one types "@". A list below the text, of which the arrow keys choose: the
 * pattern of an editable combobox, without its role, which a <textarea> may not have.
 */

const BEFORE_CARET = /(?:^|[^\w@./-])@([\w.@+-]*)$/u;

/** @typedef {{author: string, name: string}} Person */

export class Mentions {
  #text;
  #box;
  #list;
  #template;
  #find;
  #asked = 0;

  /**
   * @param {HTMLTextAreaElement} text
   * @param {HTMLElement} box holds the list
   * @param {HTMLTemplateElement} template
   * @param {(query: string) => Promise<{people: Person[]}>} find
   */
  constructor(text, box, template, find) {
    this.#text = text;
    this.#box = box;
    this.#list = /** @type {HTMLElement} */ (box.querySelector("[role=listbox]"));
    this.#template = template;
    this.#find = find;
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-haspopup", "listbox");
    text.addEventListener("input", () => this.#suggest());
    text.addEventListener("blur", () => this.#close());
    // Before the composer, for which Enter means to send.
    text.form?.addEventListener("keydown", (event) => this.#keydown(event), { capture: true });
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus
    this.#list.addEventListener("click", ({ target }) => {
      const option = /** @type {Element} */ (target).closest("[role=option]");
      if (option !== null) this.#choose(option);
    });
  }

  async #suggest() {
    const query = this.#query();
    const asked = ++this.#asked;
    if (query === null) return this.#close();
    const { people } = await this.#find(query).catch(() => ({ people: [] }));
    if (asked !== this.#asked) return; // typed on meanwhile
    this.#show(people);
  }

  /** What is typed of a name, without its "@". */
  #query() {
    const { value, selectionStart, selectionEnd } = this.#text;
    if (selectionStart !== selectionEnd) return null;
    return value.slice(0, selectionStart).match(BEFORE_CARET)?.[1] ?? null;
  }

  /** @param {Person[]} people */
  #show(people) {
    if (people.length === 0) return this.#close();
    this.#list.replaceChildren(...people.map((person, index) => this.#option(person, index)));
    this.#box.hidden = false;
    this.#text.setAttribute("aria-controls", this.#list.id);
    this.#select(this.#list.firstElementChild);
  }

  #close() {
    this.#asked += 1;
    this.#box.hidden = true;
    this.#text.removeAttribute("aria-controls");
    this.#text.removeAttribute("aria-activedescendant");
  }

  /** @param {Person} person @param {number} index */
  #option({ author, name }, index) {
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    const part = (/** @type {string} */ selector) =>
      /** @type {HTMLElement} */ (copy.querySelector(selector));
    const option = part("[role=option]");
    option.id = `suggestion-${index}`;
    option.dataset.user = author;
    part(".avatar").dataset.initial = [...name][0];
    part(".suggestion-name").textContent = name;
    part(".suggestion-user").textContent = `@${author}`;
    return option;
  }

  /** @param {Element | null} option */
  #select(option) {
    for (const other of this.#list.children)
      other.setAttribute("aria-selected", String(other === option));
    this.#text.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #keydown(event) {
    if (this.#box.hidden || event.target !== this.#text || event.isComposing) return;
    const selected = this.#list.querySelector("[aria-selected=true]");
    const { firstElementChild: first, lastElementChild: last } = this.#list;
    if (event.key === "ArrowDown") this.#select(selected?.nextElementSibling ?? first);
    else if (event.key === "ArrowUp") this.#select(selected?.previousElementSibling ?? last);
    else if (event.key === "Escape") this.#close();
    else if ((event.key === "Enter" || event.key === "Tab") && selected) this.#choose(selected);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Element} option */
  #choose(option) {
    const caret = this.#text.selectionStart;
    const start = caret - (this.#query() ?? "").length;
    this.#close();
    const name = `${option.getAttribute("data-user")} `;
    this.#text.setRangeText(name, start, caret, "end");
    this.#text.dispatchEvent(new Event("input", { bubbles: true }));
    this.#text.focus();
  }
}
