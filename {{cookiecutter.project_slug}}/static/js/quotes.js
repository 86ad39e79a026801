/** A click on a quote goes to the message, where it is on the page. */

/** @param {HTMLElement} list @param {(id: number) => HTMLElement | null} find */
export function followQuotes(list, find) {
  list.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest(".message-quote");
    if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey) return;
    const article = find(Number(link.dataset.quoted));
    if (article === null) return; // the link leads to the page that has it
    event.preventDefault();
    article.scrollIntoView({ block: "center" });
    article.focus({ preventScroll: true });
    point(article);
  });
}

/** Show which message it is. @param {HTMLElement} article */
export function point(article) {
  article.classList.add("pointed-at");
  article.addEventListener("animationend", () => article.classList.remove("pointed-at"), {
    once: true,
  });
}
