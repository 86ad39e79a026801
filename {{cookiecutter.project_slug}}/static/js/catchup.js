/** Between a page as the server rendered it and the events that have come since: none is lost. */

/** @template Page, Event */
export class CatchUp {
  #replace;
  #apply;
  #loading = 0;
  /** @type {Event[]} what came while pages were loaded; they may have it or not */
  #held = [];

  /**
   * @param {(page: Page) => void} replace show this instead of what is there
   * @param {(event: Event) => void} apply show what has happened, once more if it was shown before
   */
  constructor(replace, apply) {
    this.#replace = replace;
    this.#apply = apply;
  }

  /**
   * Show a fresh page, and then what happened while it was on its way. Rejects as the page does.
   *
   * @param {Promise<Page>} page
   */
  async load(page) {
    this.#loading += 1;
    try {
      this.#replace(await page);
    } finally {
      this.#loading -= 1;
      if (this.#loading === 0) this.#held.splice(0).forEach(this.#apply);
    }
  }

  /** @param {Event} event */
  accept(event) {
    if (this.#loading > 0) this.#held.push(event);
    else this.#apply(event);
  }
}
