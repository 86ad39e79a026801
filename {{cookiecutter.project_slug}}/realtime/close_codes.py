"""Why a socket or a stream was closed.

Daphne lets an application close with 1000 and 3000-4999 only, so these are from the
private range of RFC 6455, section 7.4.2. Clients come back after 4000-4399 and give up
after 4400-4499, where trying again cannot help.
"""

from typing import NamedTuple

NORMAL = 1000
ABNORMAL = 1006  # never sent: what a consumer is told if nobody said why its connection ended
CRASHED_STREAM = 1011  # only ever inside the multiplexer's envelope
TOO_SLOW = 4008
CRASHED = 4011
TOO_MUCH = 4029
BAD_REQUEST = 4400
NOT_SIGNED_IN = 4401
NOT_ALLOWED = 4403
NOT_FOUND = 4404
REMOVED = 4409


class Ending(NamedTuple):
    """What a client is told when its connection is closed."""

    code: int
    reason: str
