"""All sockets of one workload on one peer: they connect, find each other, and leave."""

import asyncio
import contextlib
import time
from array import array
from collections.abc import Callable, Sequence
from itertools import count, cycle

from picows import WSTransport, ws_connect

from .dialects import Dialect
from .member import Member
from .rooms import Message, Room, Wrong

OPEN_SECONDS = 20  # for all that is said while a socket opens
GREETINGS = 20
SETTLE_SECONDS = 10  # for what is under way to arrive
AT_ONCE = 50  # handshakes in flight: Twisted queues no more than 50 connections

numbers = count(1)  # no crowd hears what a slow peer still has for an earlier one


class Crowd:
    def __init__(self, rooms: int, speakers: int, name: str = "") -> None:
        name = name or f"room{next(numbers)}"
        names = [f"{name}x{index}" for index in range(rooms)]
        self.rooms = [Room(index, name, speakers) for index, name in enumerate(names)]
        self.members: list[Member] = []
        self._transports: list[WSTransport] = []
        self.decoded: dict[bytes, Message] = {}
        self.timing = False  # deliveries,
        self.timing_oks = False  # or what a peer answers to who spoke
        self._at_ok = self.at_echo = False
        self.latencies = array("d")
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def counts(self, *, oks: bool, at_ok: bool) -> None:
        """Whether the peer says ok to each message, and whether that is what counts.

        Where it is, but the peer does not, what counts is that the author has heard it.
        """
        self.at_echo = at_ok and not oks
        self._at_ok = at_ok = at_ok and oks
        for room in self.rooms:
            room.answered, room.at_ok = oks, at_ok

    def time(self, on: bool) -> None:
        self.timing, self.timing_oks = on and not self._at_ok, on and self._at_ok

    def fail(self, why: str) -> None:
        if not self._failure.done():
            self._failure.set_exception(Wrong(why))

    async def during(self, seconds: float) -> None:
        """Let it run; raises as soon as something is wrong."""
        await asyncio.wait([self._failure], timeout=seconds)
        if self._failure.done():
            await self._failure

    async def connect(
        self,
        ports: Sequence[int],
        seating: Sequence[Sequence[Room]],
        dialect: Callable[[list[str]], Dialect],
        cookies: Sequence[str],
    ) -> None:
        """Open a socket for each seat, some at once, at each of the ports in turn."""
        seats = iter(list(zip(cycle(ports), seating, cycle(cookies or [""]), strict=False)))

        async def worker() -> None:
            for port, rooms, cookie in seats:
                try:
                    await self._connect_one(port, rooms, dialect, cookie)
                except Exception as error:
                    self.fail(f"Not every socket opened: {error!r}")
                if self._failure.done():
                    return

        async with asyncio.timeout(OPEN_SECONDS + len(seating) / 20):
            await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        await self.during(0)

    async def _connect_one(
        self,
        port: int,
        rooms: Sequence[Room],
        dialect: Callable[[list[str]], Dialect],
        cookie: str,
    ) -> None:
        talk = dialect([room.name for room in rooms])
        member = Member(self, rooms, talk)
        headers = {"Origin": f"http://127.0.0.1:{port}"} | ({"Cookie": cookie} if cookie else {})
        transport, _ = await ws_connect(
            lambda: member,
            f"ws://127.0.0.1:{port}{talk.path}",
            extra_headers=headers,
            websocket_handshake_timeout=OPEN_SECONDS,
        )
        self._transports.append(transport)
        self.members.append(member)
        await asyncio.wait_for(member.ready, OPEN_SECONDS)

    async def greet(self) -> None:
        """Speak until all hear: some peers accept a socket before it is in its room.

        The last greeting is heard by all, so none of an earlier one is still under way.
        """
        for attempt in range(GREETINGS):
            for room in self.rooms:
                room.members[0].say(room, f"hello {attempt} to {room.index}!")
            deadline = time.perf_counter() + OPEN_SECONDS / GREETINGS
            while time.perf_counter() < deadline:
                await self.during(0.01)
                if all(m.greeted.get(r) == attempt for r in self.rooms for m in r.members):
                    return
        raise Wrong("Not every socket hears its room.")

    @property
    def deliveries(self) -> int:
        return sum(room.deliveries for room in self.rooms)

    async def arrivals(self) -> None:
        """Wait until all that was said has been heard by all."""
        deadline = time.perf_counter() + SETTLE_SECONDS
        while lost := sum(room.under_way for room in self.rooms):
            if time.perf_counter() > deadline:
                raise Wrong(f"Deliveries are lost: {lost}.")
            await self.during(0.002)

    async def settle(self) -> None:
        """All that was said has been heard by all; and nothing comes after."""
        await self.arrivals()
        await self.during(0.03)
        self.decoded.clear()

    async def leave(self) -> None:
        if not self._failure.cancel():
            self._failure.exception()  # seen already, or after what was asked for
        for transport in self._transports:
            transport.disconnect()
        with contextlib.suppress(Exception):  # how a socket ended is known by now
            async with asyncio.timeout(SETTLE_SECONDS):
                for transport in self._transports:
                    await transport.wait_disconnected()
