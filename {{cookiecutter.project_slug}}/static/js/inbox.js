/** What is new in all of one's rooms: counts, last messages and mentions, in all tabs. */

import { CatchUp } from "./catchup.js";
import { MentionNotices } from "./mention_notices.js";
import { RoomList } from "./room_list.js";
import { Unread, shownCount } from "./unread.js";

const RELOAD_WITHIN = 1_500; // milliseconds; chance keeps apart those who hear it together
const AGAIN_AFTER = 5_000;
const PATIENCE = 15_000;

/** @returns {any} the element, which sidebar.html has */
const byId = (/** @type {string} */ id) => document.getElementById(id);

/**
 * @param {import("./socket.js").Socket} socket
 * @param {object} options
 * @param {string} [options.room] the address of the one that this page shows
 * @param {import("./title.js").Title} options.title
 */
export function startInbox(socket, { room: current, title }) {
  const { roomsUrl } = byId("sidebar").dataset;
  const lists = [byId("sidebar-rooms"), byId("room-list")].filter((list) => list !== null);
  const list = new RoomList(lists);
  const notices = new MentionNotices(byId("mention-template"));
  const looksAt = (/** @type {string} */ room) => room === current && !document.hidden;
  const unread = new Unread((room, count) => {
    list.showCount(room, count);
    const { total } = unread;
    title.showUnread(total === 0 ? "" : shownCount(total));
  }, looksAt);
  unread.restart(list.counts);

  /** @type {Record<string, (event: any) => void>} */
  const events = {
    "inbox.rooms": ({ rooms }) => showRooms(rooms),
    "inbox.activity": ({ rooms }) => rooms.forEach(showNews),
    "inbox.room_added": reloadSoon,
    "inbox.room_removed": reloadSoon,
    "inbox.room_changed": showChanged,
    "inbox.missed": reloadSoon,
    "room.read": ({ room, seq }) => unread.read(room, seq),
    "mention.created": showMention,
  };
  const page = new CatchUp(
    (/** @type {Document} */ fresh) => {
      list.replaceWith(fresh);
      unread.restart(list.counts);
    },
    (/** @type {{type: string}} */ event) => events[event.type]?.(event),
  );
  let opened = false;
  const stream = socket.open("inbox", {
    onOpened() {
      if (opened) reloadSoon();
      opened = true;
      if (current !== undefined && looksAt(current)) seen();
    },
    onPayload: (event) => page.accept(event),
  });

  /** @param {{room: string, unread: number, mentioned: boolean, seq: number, read_seq: number}[]} rooms */
  function showRooms(rooms) {
    const counts = rooms.map(({ room, read_seq, ...count }) => ({ room, ...count, readSeq: read_seq }));
    const known = list.counts;
    unread.restart(new Map(counts.map(({ room, ...count }) => [room, count])));
    const same = rooms.length === known.size && rooms.every(({ room }) => known.has(room));
    const newer = counts.some(({ room, seq }) => seq > (known.get(room)?.seq ?? 0));
    if (!same || (newer && byId("room-list") !== null)) reloadSoon();
  }

  /** @param {{room: string, new: number, seq: number, name: string, body: string, created_at: string}} news */
  function showNews(news) {
    if (!list.has(news.room)) return reloadSoon();
    unread.happened(news);
    list.showLast(news);
  }

  /** @param {{room: string, name: string, archived: boolean}} change */
  function showChanged({ room, name, archived }) {
    if (!list.has(room) || list.isArchived(room) !== archived) reloadSoon();
    else list.rename(room, name);
  }

  /** @param {{room: string, id: number, name: string, body: string}} mention */
  function showMention(mention) {
    const { room, id } = mention;
    if (looksAt(room)) return seen();
    unread.mention(room);
    notices.show(mention, list.nameOf(room) ?? "", `${roomsUrl}${room}/?at=${id}`);
  }

  function seen() {
    stream.request({ type: "mentions.seen", room: current }).catch(() => {}); // the next time, then
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  function reloadSoon() {
    timer ??= setTimeout(reload, Math.random() * RELOAD_WITHIN);
  }

  async function reload() {
    timer = undefined;
    try {
      await page.load(fetchRooms(roomsUrl));
    } catch {
      timer ??= setTimeout(reload, AGAIN_AFTER);
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (current === undefined || document.hidden) return;
    unread.look(current);
    if (stream.state === "open") seen();
  });
}

/** @param {string} address */
async function fetchRooms(address) {
  const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  if (fresh.getElementById("sidebar-rooms") === null) throw new Error(response.statusText);
  return fresh;
}
