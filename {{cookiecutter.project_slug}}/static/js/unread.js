/** Counts, in the title, what was said while nobody looked at the page. */

const title = document.title;
let count = 0;

export function countUnread() {
  if (document.hidden) show(count + 1);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) show(0);
});

/** @param {number} unread */
function show(unread) {
  count = unread;
  document.title = unread === 0 ? title : `(${unread}) ${title}`;
}
