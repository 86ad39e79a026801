// Socket.IO on Node with the Redis adapter, set up as the adapter's README shows.
// CommonJS, because only `require` finds packages through NODE_PATH.
"use strict";

const { createServer } = require("node:http");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");
const { Server } = require("socket.io");

async function main() {
  const publisher = createClient({ url: process.env.REDIS_URL });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);

  const http = createServer();
  const io = new Server(http, {
    adapter: createAdapter(publisher, subscriber),
    transports: ["websocket"],
  });
  io.on("connection", (socket) => {
    const { room } = socket.handshake.query;
    socket.join(room);
    socket.on("message", (text) => io.to(room).emit("message", text));
  });
  http.listen(Number(process.env.PORT), "127.0.0.1");
}

main();
