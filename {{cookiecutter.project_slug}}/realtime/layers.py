"""The channel layers of this site: Channels' own API, and `listen()` for the same groups.

`stop = await layer.listen(group, on_message, on_reconnect)` calls back inside this process,
on the event loop that asked, with messages that are decoded once for all who listen: nobody
may change them. `on_reconnect` says that messages may have been lost, so whoever keeps state
reads it from the database again. `stop()` ends it and waits for nothing.
"""

import asyncio
import time
from collections.abc import Iterable
from copy import deepcopy
from functools import partial
from typing import Any

from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer
from channels_redis.utils import _wrap_close, create_pool, decode_hosts

from .departures import Departures
from .listeners import Listeners, OnMessage, OnReconnect, Stop
from .publisher import Publisher
from .subscriber import Subscriber
from .types import Message

type Loop = asyncio.AbstractEventLoop


class PubSubLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """Groups over Redis' pub/sub, with connections for each event loop that uses it.

    Redis may go and come back: nobody who listens or receives notices, but for messages of
    the meantime. Publishing raises until it is back.
    """

    async def listen(
        self, group: str, on_message: OnMessage, on_reconnect: OnReconnect | None = None
    ) -> Stop:
        stop: Stop = await self._get_layer().listen(group, on_message, on_reconnect)
        return stop

    async def group_post(self, group: str, message: Message) -> None:
        """Like `group_send`, but returns before Redis has the message, while Redis is well.

        For messages that may be lost and come often. Their order is kept, also beside
        `group_send`.
        """
        await self._get_layer().group_post(group, message)

    def _get_layer(self) -> "_PubSubLoopLayer":
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = _PubSubLoopLayer(*self._args, **self._kwargs, channel_layer=self)
            _wrap_close(self, loop)
        layer: _PubSubLoopLayer = self._layers[loop]
        return layer


class _PubSubLoopLayer(RedisPubSubLoopLayer):  # type: ignore[misc]
    def __init__(self, hosts: list[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(hosts, **kwargs)
        self._listeners = Listeners()
        self._departures = Departures(self._forget)
        self._shards = [_Shard(host, self) for host in decode_hosts(hosts)]

    async def listen(
        self, group: str, on_message: OnMessage, on_reconnect: OnReconnect | None = None
    ) -> Stop:
        name = self._get_group_channel_name(group)
        remove = self._listeners.add(name, on_message, on_reconnect)

        def stop() -> None:
            remove()
            self._get_shard(name).release(name)

        try:
            await self._get_shard(name).subscribe(name)
        except asyncio.CancelledError:
            stop()
            raise
        return stop

    async def group_post(self, group: str, message: Message) -> None:
        name = self._get_group_channel_name(group)
        await self._get_shard(name).post(name, self.channel_layer.serialize(message))

    async def new_channel(self, prefix: str = "specific.") -> str:
        channel: str = await super().new_channel(prefix)
        self._departures.watch(channel)
        return channel

    async def receive(self, channel: str) -> Message:
        with self._departures.receiving(channel):
            message: Message = await super().receive(channel)
        return message

    async def flush(self) -> None:
        self._listeners = Listeners()
        await super().flush()

    def needs(self, name: str) -> bool:
        return name in self.channels or name in self.groups or name in self._listeners

    def deliver(self, name: str, data: bytes) -> None:
        for channel in [name, *self.groups.get(name, ())]:
            if channel in self.channels:
                self.channels[channel].put_nowait(data)
        if name in self._listeners:
            self._listeners.deliver(name, self.channel_layer.deserialize(data))

    def reconnected(self, names: Iterable[str]) -> None:
        self._listeners.reconnected(names)

    def _forget(self, channel: str) -> None:
        self.channels.pop(channel, None)
        self._get_shard(channel).release(channel)
        for name in [name for name, members in self.groups.items() if channel in members]:
            self.groups[name].discard(channel)
            if not self.groups[name]:
                del self.groups[name]
                self._get_shard(name).release(name)


class _Shard:
    """One Redis, as the loop layer sees it: a connection to publish and one to hear."""

    def __init__(self, host: dict[str, Any], layer: _PubSubLoopLayer) -> None:
        # RESP 2, since redis-py writes a log line for each message of RESP 3; and no timeout
        # for reading, since a quiet hour is no failure: the subscriber sees to the connection.
        own = {"protocol": 2, "socket_timeout": None, "socket_connect_timeout": 1.0}
        pool = create_pool({**host, **own, "health_check_interval": 0})
        self._layer = layer
        self._publisher = Publisher(pool.make_connection)
        self._subscriber = Subscriber(pool.make_connection, layer.deliver, layer.reconnected)

    async def publish(self, name: str, data: bytes) -> None:
        await self._publisher.publish(name, data)

    async def post(self, name: str, data: bytes) -> None:
        await self._publisher.post(name, data)

    async def subscribe(self, name: str) -> None:
        await self._subscriber.subscribe(name)

    async def unsubscribe(self, name: str) -> None:
        self.release(name)

    def release(self, name: str) -> None:
        if not self._layer.needs(name):
            self._subscriber.unsubscribe(name)

    async def flush(self) -> None:
        await self._publisher.close()
        await self._subscriber.close()


class InMemoryLayer(InMemoryChannelLayer):  # type: ignore[misc]
    """Groups inside one process, for a site without Redis."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._departures = Departures(self._forget)
        self._listeners: dict[Loop, Listeners] = {}

    async def listen(
        self, group: str, on_message: OnMessage, on_reconnect: OnReconnect | None = None
    ) -> Stop:
        """Nothing is ever lost here, so `on_reconnect` is never called."""
        self.require_valid_group_name(group)
        for loop in [loop for loop in self._listeners if loop.is_closed()]:
            del self._listeners[loop]
        listeners = self._listeners.setdefault(asyncio.get_running_loop(), Listeners())
        return listeners.add(group, on_message, on_reconnect)

    async def group_post(self, group: str, message: Message) -> None:
        await self.group_send(group, message)

    async def group_send(self, group: str, message: Message) -> None:
        await super().group_send(group, message)
        hearing = [loop for loop, listeners in self._listeners.items() if group in listeners]
        if hearing:
            copy = deepcopy(message)
            for loop in hearing:
                deliver = partial(self._listeners[loop].deliver, group, copy)
                if not loop.is_closed():
                    loop.call_soon_threadsafe(deliver)

    async def new_channel(self, prefix: str = "specific.") -> str:
        channel: str = await super().new_channel(prefix)
        self._departures.watch(channel)
        return channel

    async def receive(self, channel: str) -> Message:
        with self._departures.receiving(channel):
            message: Message = await super().receive(channel)
        return message

    async def flush(self) -> None:
        await super().flush()
        self._listeners.clear()

    def _clean_expired(self) -> None:
        """Drop old messages. Channels' own drops who is slow from its groups, for good."""
        now = time.time()
        for channel, queue in list(self.channels.items()):
            while not queue.empty() and queue._queue[0][0] < now:
                queue.get_nowait()
                if queue.empty():
                    del self.channels[channel]

    def _forget(self, channel: str) -> None:
        self.channels.pop(channel, None)
        self._remove_from_groups(channel)
