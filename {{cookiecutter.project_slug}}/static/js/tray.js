/** The files that are to go with the next message: chosen, dropped or pasted. */

import { discardFile, postFile } from "./post_file.js";
import { sizeText } from "./sizes.js";
import { Uploads } from "./upload.js";

/** @typedef {import("./upload.js").Upload} Upload */

/** @param {ParentNode} parent @param {string} selector @returns {any} */
const part = (parent, selector) => parent.querySelector(selector);

export class Tray {
  #form;
  #list;
  #status;
  #template;
  #uploads;
  #sendWhenThere = false;

  /**
   * @param {HTMLFormElement} form the composer
   * @param {HTMLElement} target on which files may be dropped
   * @param {string} key in the session's storage
   */
  constructor(form, target, key) {
    const element = part(form, "#tray");
    this.#form = form;
    this.#list = part(element, "ul");
    this.#status = part(element, "[role=status]");
    this.#template = part(document, "#tray-template");
    const { url, bytes, files, ...texts } = element.dataset;
    const token = part(form, "[name=csrfmiddlewaretoken]").value;
    this.#uploads = new Uploads(
      sessionStorage,
      key,
      {
        send: postFile(url, token),
        discard: discardFile(token),
        onChange: (upload) => this.#show(upload),
        onRemoved: ({ key }) => this.#removed(key),
      },
      { bytes: Number(bytes), files: Number(files) },
      texts,
    );
    this.#list.addEventListener("click", (/** @type {MouseEvent} */ event) => this.#clicked(event));
    this.#pick(part(form, "#attach"), part(form, "#attach-input"));
    this.#drop(target);
    this.#paste(part(form, "textarea"));
  }

  /** Whether there is something to send without text. */
  get ready() {
    return this.#uploads.ready;
  }

  /** Whether a message must wait for its files; it is sent as soon as they are there. */
  holdsBack() {
    if (!this.#uploads.busy) return false;
    this.#sendWhenThere = true;
    this.#status.textContent = this.#status.dataset.waits;
    return true;
  }

  /** What goes with a message. */
  take() {
    const attachments = this.#uploads.take();
    return attachments.length === 0 ? {} : { attachments };
  }

  /** @param {Iterable<File>} files */
  #add(files) {
    this.#uploads.add(files);
    part(this.#form, "textarea").focus({ preventScroll: true });
  }

  /** @param {Upload} upload */
  #show({ key, name, size, state, progress, problem, hopeless }) {
    const row = this.#find(key) ?? this.#create(key);
    row.dataset.state = state;
    part(row, ".tray-name").textContent = name;
    part(row, ".tray-size").textContent = sizeText(size);
    const bar = part(row, "progress");
    bar.hidden = state === "done" || state === "failed";
    bar.setAttribute("aria-label", name);
    if (progress < 1) bar.value = progress;
    else bar.removeAttribute("value"); // the server looks into it
    part(row, ".tray-problem").textContent = problem;
    part(row, "[data-action=retry]").hidden = state !== "failed" || hopeless;
    part(row, "[data-action=remove] span").textContent = name;
    if (state === "failed") this.#hold();
    else if (state === "done") this.#arrived();
  }

  /** @param {string} key @returns {HTMLElement | null} */
  #find(key) {
    return this.#list.querySelector(`[data-key="${key}"]`);
  }

  /** @param {string} key @returns {HTMLElement} */
  #create(key) {
    const row = this.#template.content.firstElementChild.cloneNode(true);
    row.dataset.key = key;
    this.#list.append(row);
    this.#list.hidden = false;
    return row;
  }

  /** @param {string} key */
  #removed(key) {
    this.#find(key)?.remove();
    this.#list.hidden = this.#list.childElementCount === 0;
    this.#arrived();
  }

  #arrived() {
    if (!this.#sendWhenThere || this.#uploads?.busy !== false) return;
    this.#hold();
    this.#form.requestSubmit();
  }

  /** Nothing is sent by itself. */
  #hold() {
    this.#sendWhenThere = false;
    this.#status.textContent = "";
  }

  /** @param {MouseEvent} event */
  #clicked({ target }) {
    const button = /** @type {Element} */ (target).closest("[data-action]");
    const key = /** @type {HTMLElement | null | undefined} */ (button?.closest("li"))?.dataset.key;
    if (button === null || key === undefined) return;
    if (button.getAttribute("data-action") === "retry") this.#uploads.retry(key);
    else this.#uploads.remove(key);
    part(this.#form, "textarea").focus({ preventScroll: true });
  }

  /** @param {HTMLButtonElement} button @param {HTMLInputElement} input */
  #pick(button, input) {
    button.hidden = false;
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.#add([...(input.files ?? [])]);
      input.value = ""; // so that the same file may be chosen again
    });
  }

  /** @param {HTMLElement} target */
  #drop(target) {
    const over = (/** @type {boolean} */ is) => target.classList.toggle("dropping", is);
    const hasFiles = (/** @type {DragEvent} */ { dataTransfer }) =>
      dataTransfer?.types.includes("Files") === true;
    target.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(true);
    });
    target.addEventListener("dragleave", ({ relatedTarget }) => {
      if (!target.contains(/** @type {Node | null} */ (relatedTarget))) over(false);
    });
    target.addEventListener("drop", (event) => {
      over(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.#add(event.dataTransfer?.files ?? []);
    });
  }

  /** @param {HTMLTextAreaElement} text */
  #paste(text) {
    text.addEventListener("paste", (event) => {
      const { files, types = [] } = event.clipboardData ?? {};
      if (!files?.length || types.includes("text/plain")) return; // text comes with its picture
      event.preventDefault();
      this.#add(files);
    });
  }
}
