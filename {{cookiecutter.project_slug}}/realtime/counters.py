"""What this process has done, in plain numbers, for whoever publishes them.

Some are counted for each frame, so they are bare integers: no locks, no labels, no library.
"""

from collections import Counter

from . import close_codes

OTHER = "other"
PRIVATE_CODES = 3000  # from here on a client may close with whatever it makes up

# From zero on: of a number that appears with its first event, a graph would not show that event.
REFUSALS = ("rate_limited", "too_large", "too_many_sockets", "busy")
CLOSES = (
    close_codes.NORMAL,
    close_codes.ABNORMAL,
    close_codes.TOO_SLOW,
    close_codes.CRASHED,
    close_codes.TOO_MUCH,
)


class Counters:
    """`sockets` and `streams` are those that are open; a socket of its own is a stream as well."""

    __slots__ = ("closes", "frames_received", "frames_sent", "refusals", "sockets", "streams")

    def __init__(self) -> None:
        self.sockets = 0
        self.streams = 0
        self.frames_received = 0
        self.frames_sent = 0
        self.refusals = Counter(dict.fromkeys(REFUSALS, 0))
        self.closes: Counter[int | str] = Counter(dict.fromkeys(CLOSES, 0))

    def socket_ended(self, code: int, own: int | None) -> None:
        """`own` is the code with which this side closed, if it did."""
        self.sockets -= 1
        self.closes[own or (code if code < PRIVATE_CODES else OTHER)] += 1


counters = Counters()
