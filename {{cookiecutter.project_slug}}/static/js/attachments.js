/** The files of a message: pictures to look at, others to download. */

import { sizeText } from "./sizes.js";

const SHOWN_SIDE = 320; // as chat/templatetags/chat_attachments.py has it

/**
 * @typedef {object} Attachment as events have it: chat/README.md
 * @property {string} id
 * @property {string} name
 * @property {number} size
 * @property {string} url
 * @property {number} [width] of a picture
 * @property {number} [height]
 * @property {string} [thumbnail] none while it is being made
 */

/** @param {Element} parent @param {string} selector @returns {any} */
const part = (parent, selector) => parent.querySelector(selector);

/**
 * Show these files. What is shown already stays, and a thumbnail takes the place that was kept
 * for it, so that nothing moves.
 *
 * @param {HTMLElement} list
 * @param {Attachment[]} attachments
 */
export function showAttachments(list, attachments) {
  const shown = new Map([...list.children].map((item) => [item.getAttribute("data-id"), item]));
  const items = attachments.map((attachment) => {
    const item = shown.get(attachment.id) ?? create(attachment);
    if (attachment.thumbnail) showThumbnail(item, attachment.thumbnail);
    return item;
  });
  const same = items.length === shown.size && items.every((item) => item.parentElement === list);
  if (!same) list.replaceChildren(...items);
  list.hidden = items.length === 0;
}

/** @param {Attachment} attachment @returns {Element} */
function create({ id, name, size, url, width, height }) {
  const isPicture = width !== undefined && height !== undefined;
  const template = /** @type {HTMLTemplateElement} */ (
    document.getElementById(isPicture ? "picture-template" : "file-template")
  );
  const item = /** @type {HTMLElement} */ (
    /** @type {Element} */ (template.content.firstElementChild).cloneNode(true)
  );
  item.dataset.id = id;
  const link = part(item, "a");
  link.href = url;
  if (isPicture) {
    link.title = name;
    const image = part(item, "img");
    image.alt = name;
    reserve([image, part(item, ".attachment-waits")], width, height);
  } else {
    link.download = name;
    part(item, ".attachment-name").textContent = name;
    part(item, ".attachment-size").textContent = sizeText(size);
  }
  return item;
}

/** @param {Element[]} elements @param {number} width @param {number} height */
function reserve(elements, width, height) {
  const scale = Math.min(1, SHOWN_SIDE / Math.max(width, height));
  for (const element of elements) {
    element.setAttribute("width", String(Math.max(1, Math.round(width * scale))));
    element.setAttribute("height", String(Math.max(1, Math.round(height * scale))));
  }
}

/** @param {Element} item @param {string} url */
function showThumbnail(item, url) {
  const image = part(item, "img");
  if (image === null || image.getAttribute("src") === url) return;
  image.src = url;
  image.hidden = false;
  part(item, ".attachment-waits").setAttribute("hidden", "");
}
