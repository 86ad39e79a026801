/** Between messages: a line where a day begins, and no name where the same author goes on. */

import { dayName } from "./times.js";

const SAME_BREATH = 5 * 60_000; // milliseconds

/** Compare a message with the one before it. @param {Element} article */
export function arrange(article) {
  const previous = messageBefore(article);
  const at = timeOf(article);
  const before = previous ? timeOf(previous) : new Date(0);
  const newDay = at.toDateString() !== before.toDateString();
  showDay(article, newDay ? at : null);
  const sameAuthor = previous?.getAttribute("data-author") === article.getAttribute("data-author");
  article.classList.toggle("follows", !newDay && sameAuthor && +at - +before < SAME_BREATH);
}

/** @param {Element} article @param {Date | null} date */
function showDay(article, date) {
  const above = article.previousElementSibling;
  let heading = above?.matches(".day") ? above : null;
  if (date === null) {
    heading?.remove();
    return;
  }
  if (heading === null) {
    heading = document.createElement("p");
    heading.className = "day";
    heading.append(document.createElement("span"));
    article.before(heading);
  }
  /** @type {Element} */ (heading.firstElementChild).textContent = dayName(date);
}

/** @param {Element} article */
function messageBefore(article) {
  let element = article.previousElementSibling;
  while (element && !element.matches(".message")) element = element.previousElementSibling;
  return element;
}

/** @param {Element} article */
function timeOf(article) {
  return new Date(/** @type {HTMLTimeElement} */ (article.querySelector("time")).dateTime);
}
