/** Tells quietly of mentions in other rooms. */

const AT_MOST = 3;
const SHOWN_FOR = 12_000; // milliseconds, and as long as it has the pointer or the focus

export class MentionNotices {
  #template;
  #place;

  /** @param {HTMLTemplateElement} template */
  constructor(template) {
    this.#template = template;
    this.#place = document.createElement("div");
    this.#place.className = "toasts";
    this.#place.setAttribute("role", "status");
    document.body.append(this.#place);
  }

  /** @param {{name: string, body: string}} mention @param {string} room its name @param {string} href */
  show({ name, body }, room, href) {
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    const toast = /** @type {HTMLElement} */ (copy.querySelector(".toast"));
    const put = (/** @type {string} */ part, /** @type {string} */ text) =>
      toast.querySelector(`[data-part="${part}"]`)?.replaceChildren(text);
    put("author", name);
    put("room", room);
    put("body", body);
    toast.querySelector("a")?.setAttribute("href", href);
    toast.querySelector("button")?.addEventListener("click", () => toast.remove());
    this.#place.append(toast);
    while (this.#place.childElementCount > AT_MOST) this.#place.firstElementChild?.remove();
    this.#removeLater(toast);
  }

  /** @param {HTMLElement} toast */
  #removeLater(toast) {
    setTimeout(() => {
      if (toast.matches(":hover, :focus-within")) this.#removeLater(toast);
      else toast.remove();
    }, SHOWN_FOR);
  }
}
