/** The pages around the rooms: all rooms, a room's settings, people, an invitation. */

import { offerCopies } from "./copy.js";
import { startInbox } from "./inbox.js";
import { slideIn } from "./sidebar.js";
import { openSocket } from "./site_socket.js";
import { Title } from "./title.js";

/** @returns {any} the element, which page.html has */
const byId = (/** @type {string} */ id) => document.getElementById(id);

const socket = openSocket(byId("page").dataset.socket);
startInbox(socket, { title: new Title() });
slideIn(byId("sidebar"), byId("sidebar-toggle"), byId("scrim"));
offerCopies(byId("content"));
