"""A channel layer for work: each message goes to one of those who receive on its channel."""

from typing import Any

from channels_redis.core import RedisChannelLayer
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


class QueueLayer(RedisChannelLayer):  # type: ignore[misc]
    """Channels' core layer, for several processes that receive on one channel.

    That keeps the message which is being received in one place for all: each receiver puts back
    what the others are just taking, so that with three of them a fifth came twice, and removes
    what is not its own. Here each process has a place of its own.
    """

    def create_pool(self, index: int) -> Any:
        """Try again at once where Redis has closed a connection, as all are after its restart."""
        pool = super().create_pool(index)
        pool.connection_kwargs.setdefault("retry", Retry(NoBackoff(), 1))
        return pool

    def _backup_channel_name(self, channel: str) -> str:
        return f"{super()._backup_channel_name(channel)}.{self.client_prefix}"

    def serialize(self, message: Any) -> bytes:
        """A message that says `"once": True` does not wait twice: one wake-up is as good as many.

        The queue is a set, in which the bytes that are left out here keep equal messages apart.
        """
        data: bytes = super().serialize(message)
        if isinstance(message, dict) and message.get("once"):
            unique = self._serializer.random_prefix_length
            data = bytes(unique) + data[unique:]
        return data
