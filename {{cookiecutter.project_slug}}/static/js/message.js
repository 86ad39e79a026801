/**
 * One message on the page. What others typed goes in as text, but for `html`: that was made of it
 * by the server (chat/markup.py), which lets links, mentions and code through and nothing else.
 */

import { showAttachments } from "./attachments.js";
import { showReactions } from "./reactions.js";
import { showClockTime } from "./times.js";

/**
 * @typedef {{id: number, author: string, name: string, body: string, deleted?: boolean}} Quote
 *
 * @typedef {object} Shown what events have of a message: chat/README.md
 * @property {number} [id] none while it is on its way
 * @property {string} client_id
 * @property {string} author
 * @property {string} name
 * @property {string} body
 * @property {string} created_at
 * @property {string} [html]
 * @property {string} [kind]
 * @property {boolean} [edited]
 * @property {boolean} [deleted]
 * @property {Quote} [reply_to]
 * @property {string[]} [mentions]
 * @property {Record<string, string[]>} [reactions]
 * @property {import("./attachments.js").Attachment[]} [attachments]
 *
 * @typedef {object} Reader
 * @property {string} me their user name
 * @property {string} deletedText what stands for a message that was deleted
 */

/** @param {Element | DocumentFragment} parent @param {string} selector @returns {HTMLElement} */
const part = (parent, selector) => /** @type {HTMLElement} */ (parent.querySelector(selector));

/**
 * Show in `article` what the message is now. Parts that stay as they are are left alone, so that
 * nothing that is selected or has the focus is lost.
 *
 * @param {HTMLElement} article
 * @param {Shown} message
 * @param {Reader} reader
 */
export function fill(article, message, reader) {
  const { me } = reader;
  article.classList.toggle("own", message.author === me);
  article.classList.toggle("action", message.kind === "action");
  article.classList.toggle("deleted", message.deleted === true);
  article.classList.toggle("mentions-me", message.mentions?.includes(me) === true);
  article.dataset.id = String(message.id ?? "");
  article.dataset.clientId = message.client_id;
  article.dataset.author = message.author;
  article.dataset.source = message.author === me ? message.body : "";
  part(article, ".avatar").dataset.initial = [...message.name][0];
  part(article, ".message-author").textContent = message.name;
  showTime(article, message.created_at);
  showQuote(part(article, ".message-quote"), message.reply_to, reader);
  showBody(part(article, ".message-body"), message, reader);
  showAttachments(part(article, ".attachments"), message.attachments ?? []);
  showReactions(part(article, ".reactions"), message.reactions ?? {}, me);
  part(article, ".message-edited").hidden = !message.edited || message.deleted === true;
}

/** @param {HTMLElement} article @param {string} iso */
function showTime(article, iso) {
  const time = /** @type {HTMLTimeElement} */ (article.querySelector("time"));
  time.dateTime = iso;
  showClockTime(time);
}

/** @param {HTMLElement} body @param {Shown} message @param {Reader} reader */
function showBody(body, { body: text, html = "", name, deleted }, { me, deletedText }) {
  body.dataset.name = name;
  body.hidden = text === "" && !deleted;
  if (deleted) body.textContent = deletedText;
  else if (html === "") {
    if (body.children.length > 0 || body.textContent !== text) body.textContent = text;
  } else {
    const fresh = document.createElement("div");
    fresh.innerHTML = html; // by the server, see above
    markMentions(fresh, me);
    if (fresh.innerHTML !== body.innerHTML) body.replaceChildren(...fresh.childNodes);
  }
}

/** Make those of the reader stand out. @param {Element} within @param {string} me */
export function markMentions(within, me) {
  for (const mention of within.querySelectorAll(`.mention[data-user="${CSS.escape(me)}"]`))
    mention.classList.add("mention-me");
}

/** @param {HTMLElement} link @param {Quote | undefined} quote @param {Reader} reader */
function showQuote(link, quote, reader) {
  link.hidden = quote === undefined;
  if (quote === undefined) return;
  link.dataset.quoted = String(quote.id);
  link.setAttribute("href", `?at=${quote.id}`);
  part(link, "b").textContent = quote.name;
  fillQuote(link, quote, reader);
}

/**
 * @param {Element} link
 * @param {{body: string, deleted?: boolean}} quote
 * @param {Reader} reader
 */
export function fillQuote(link, { body, deleted }, { deletedText }) {
  part(link, ".message-quote-text").textContent = deleted ? deletedText : body;
}
