"""What one connection, and all connections of one user, may ask of this process."""

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from django.utils.translation import gettext as _

from .errors import RefusedError
from .types import Scope


@dataclass(frozen=True, kw_only=True)
class Rate:
    """So much a second in the long run, and `burst` at once."""

    per_second: float
    burst: float


@dataclass(frozen=True, kw_only=True)
class Limits:
    """None is no limit. What goes over one is answered by an error that says when to retry.

    Who goes on regardless, until a whole burst has been refused, is closed with 4029.
    """

    frame_bytes: int | None = None  # of one frame from the client; keep the server's limit above
    frames: Rate | None = None  # from one connection
    bytes: Rate | None = None
    user_frames: Rate | None = None  # from all connections of one user
    user_bytes: Rate | None = None
    user_sockets: int | None = None
    unproven_bytes: int | None = None  # sent, and not yet proven to have been read: see proof.py
    proof_seconds: float = 20.0  # to prove it; then, close 4008


class LimitError(RefusedError):
    """A limit is reached. Without `retry_after`, trying again is no use."""


class FloodError(Exception):
    """The client goes on although it was told to wait: time to close."""


class TokenBucket:
    """Holds `burst` tokens when full; each second brings `per_second` of them.

    What finds too few is refused and paid all the same, so the debt of who does not wait grows.
    """

    __slots__ = ("_filled_at", "_rate", "_tokens")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._filled_at = time.monotonic()

    def take(self, amount: float) -> float:
        """How many seconds to wait before taking as much again; 0 if there was enough.

        Infinity is for a debt of more than a whole burst.
        """
        now = time.monotonic()
        earned = (now - self._filled_at) * self._rate.per_second
        self._tokens = min(self._rate.burst, self._tokens + earned) - amount
        self._filled_at = now
        if self._tokens >= 0:
            return 0
        if -self._tokens > self._rate.burst:
            return math.inf
        return (amount - self._tokens) / self._rate.per_second

    def recovery(self) -> float:
        """Seconds after which even the greatest debt is paid and the bucket is full."""
        return 2 * self._rate.burst / self._rate.per_second


class _Usage:
    """What one connection or one user has used."""

    __slots__ = ("__weakref__", "_bytes", "_frames", "sockets")

    def __init__(self, frames: Rate | None, data: Rate | None) -> None:
        self.sockets = 0
        self._frames = TokenBucket(frames) if frames else None
        self._bytes = TokenBucket(data) if data else None

    def take(self, size: int) -> float:
        frames = self._frames.take(1) if self._frames is not None else 0
        data = self._bytes.take(size) if self._bytes is not None else 0
        return max(frames, data)

    def recovery(self) -> float:
        return max(
            (bucket.recovery() for bucket in (self._frames, self._bytes) if bucket), default=0
        )


_users: WeakValueDictionary[tuple[Limits, Any], _Usage] = WeakValueDictionary()


class Meter:
    """Applies the limits to one connection. Close it when the connection ends."""

    def __init__(self, limits: Limits, scope: Scope) -> None:
        self._limits = limits
        self._connection = _Usage(limits.frames, limits.bytes)
        self._user = _Usage(limits.user_frames, limits.user_bytes)
        user_id = getattr(scope.get("user"), "pk", None)
        self._shared = user_id is not None  # with the user's other connections
        if self._shared:
            self._user = _users.setdefault((limits, user_id), self._user)
        self._user.sockets += 1

    def close(self) -> None:
        self._user.sockets -= 1
        seconds = self._user.recovery()
        if seconds and self._shared and not self._user.sockets:
            # Remembered as long as it matters: coming back must not make anybody new.
            asyncio.get_running_loop().call_later(seconds, _remember, self._user)

    def has_too_many_sockets(self) -> bool:
        """The user of this connection has more of them than the limit."""
        most = self._limits.user_sockets
        return most is not None and self._user.sockets > most

    def take(self, frame: str | bytes) -> None:
        """Account for a frame. Raises LimitError if it must be refused, or FloodError."""
        size = size_of(frame)
        wait = max(self._connection.take(size), self._user.take(size))
        if wait == math.inf:
            raise FloodError
        if wait:
            retry_after = math.ceil(wait * 1000) / 1000
            raise LimitError("rate_limited", _("Too much at once; please wait."), retry_after)
        largest = self._limits.frame_bytes
        if largest is not None and size > largest:
            text = _("A frame may have %(bytes)d bytes at most.") % {"bytes": largest}
            raise LimitError("too_large", text)


def _remember(usage: _Usage) -> None:
    """Called in vain: until then, the event loop keeps what it is called with."""


def size_of(frame: str | bytes) -> int:
    """The bytes of a frame's payload."""
    if isinstance(frame, bytes) or frame.isascii():
        return len(frame)
    return len(frame.encode())
