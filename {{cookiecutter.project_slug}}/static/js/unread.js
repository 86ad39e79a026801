/** How many unread messages each room has. Touches no part of the document. */

/**
 * @typedef {object} Count
 * @property {number} unread
 * @property {boolean} mentioned
 * @property {number} seq of the room's last message
 * @property {number} readSeq
 */

export const AT_MOST = 100;

export class Unread {
  /** @type {Map<string, Count>} */
  #rooms = new Map();
  #onChange;
  #reads;

  /**
   * @param {(room: string, count: Count) => void} onChange
   * @param {(room: string) => boolean} reads whether what comes there is read at once
   */
  constructor(onChange, reads = () => false) {
    this.#onChange = onChange;
    this.#reads = reads;
  }

  /** Begin anew. @param {Map<string, Count>} rooms those that the reader is in */
  restart(rooms) {
    this.#rooms = new Map();
    for (const [room, count] of rooms) this.#change(room, count);
  }

  /** @param {string} room */
  has(room) {
    return this.#rooms.has(room);
  }

  /** @param {string} room */
  mentionedIn(room) {
    return this.#rooms.get(room)?.mentioned ?? false;
  }

  /** Others said something; the last of it, or something of one's own, is `seq`. @param {{room: string, new: number, seq: number}} news */
  happened({ room, new: added, seq }) {
    const { unread, readSeq } = this.#of(room);
    const more = Math.min(added, Math.max(0, seq - readSeq)); // read elsewhere, perhaps
    this.#change(room, { seq: Math.max(seq, this.#of(room).seq), unread: unread + more });
  }

  /** @param {string} room @param {number} upTo */
  read(room, upTo) {
    const { unread, seq, readSeq } = this.#of(room);
    const left = Math.min(unread, Math.max(0, seq - upTo));
    const mentioned = left > 0 && this.mentionedIn(room);
    this.#change(room, { unread: left, mentioned, readSeq: Math.max(readSeq, upTo) });
  }

  /** @param {string} room */
  mention(room) {
    this.#change(room, { mentioned: true });
  }

  /** The reader looks at the room. @param {string} room */
  look(room) {
    if (this.has(room)) this.#change(room, {});
  }

  get total() {
    let total = 0;
    for (const { unread } of this.#rooms.values()) total += unread;
    return total;
  }

  /** @param {string} room @returns {Count} */
  #of(room) {
    return this.#rooms.get(room) ?? { unread: 0, mentioned: false, seq: 0, readSeq: 0 };
  }

  /** @param {string} room @param {Partial<Count>} change */
  #change(room, change) {
    const count = { ...this.#of(room), ...change };
    if (this.#reads(room)) Object.assign(count, { unread: 0, mentioned: false });
    this.#rooms.set(room, count);
    this.#onChange(room, count);
  }
}

/** @param {number} unread */
export function shownCount(unread) {
  return unread < AT_MOST ? String(unread) : `${AT_MOST - 1}+`;
}
