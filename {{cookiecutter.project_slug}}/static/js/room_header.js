/** What the room is called, and what it is about. */

/**
 * @param {{name: HTMLElement, topic: HTMLElement}} parts
 * @param {{name: string, topic: string}} room without a name, if it is between two
 */
export function showHeader(parts, { name, topic }) {
  if (name !== "") parts.name.textContent = parts.name.title = name;
  parts.topic.textContent = parts.topic.title = topic;
  parts.topic.hidden = topic === "";
}
