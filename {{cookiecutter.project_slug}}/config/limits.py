"""What clients may ask of this site: see realtime/limits.py."""

from realtime.limits import Limits, Rate
from realtime.multiplexer import Multiplexer
from realtime.own_socket import OwnSocket

# Each takes a database connection; settings.py has as many, beside those of realtime/database.py.
PAGES_AT_ONCE = 8

LIMITS = Limits(
    frame_bytes=64 * 1024,  # Daphne closes the socket from 256 KiB on: see the Dockerfile
    frames=Rate(per_second=50, burst=500),  # a page that comes back sends what it has kept
    bytes=Rate(per_second=64 * 1024, burst=1024 * 1024),
    user_frames=Rate(per_second=100, burst=1000),
    user_bytes=Rate(per_second=128 * 1024, burst=2 * 1024 * 1024),
    user_sockets=50,
    unproven_bytes=1024 * 1024,
)


class Site(Multiplexer):
    """The one socket at ws/, with a stream for each consumer."""

    limits = LIMITS
    max_streams = 100


class SiteEvents(Multiplexer):
    """The same as server-sent events, which bring nothing but a list of streams to open."""

    max_streams = 100


class SiteSocket(OwnSocket):
    """A consumer on a socket of its own."""

    limits = LIMITS
