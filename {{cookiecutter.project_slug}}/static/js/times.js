/** Times as people here write them: in the page's language and the browser's time zone. */

const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
const short = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const day = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
const dayAndYear = new Intl.DateTimeFormat(language, { dateStyle: "long" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

/** @param {HTMLTimeElement} element */
export function showClockTime(element) {
  const date = new Date(element.dateTime);
  element.textContent = clock.format(date);
  element.title = full.format(date);
}

/** The clock time today, the day otherwise. @param {HTMLTimeElement} element */
export function showClockTimeOrDay(element) {
  const date = new Date(element.dateTime);
  element.textContent = (daysAgo(date) === 0 ? clock : short).format(date);
  element.title = full.format(date);
}

/** @param {Date} date @returns {string} such as "today", or "Friday, November 21" */
export function dayName(date) {
  const ago = daysAgo(date);
  if (ago === 0 || ago === 1) return relative.format(-ago, "day");
  return (date.getFullYear() === new Date().getFullYear() ? day : dayAndYear).format(date);
}

/** @param {Date} date @returns {number} midnights between then and now, here */
function daysAgo(date) {
  const midnight = (/** @type {Date} */ of) => new Date(of).setHours(0, 0, 0, 0);
  return Math.round((midnight(new Date()) - midnight(date)) / 86_400_000); // some have 23 hours
}
