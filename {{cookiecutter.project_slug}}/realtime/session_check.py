"""Whether sessions that were good when their connections began still are."""

import logging
from collections.abc import Sequence
from typing import Any

import django.db
from channels.auth import get_user
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from . import close_codes
from .auth import named_users, verified
from .close_codes import Ending

SIGNED_OUT = Ending(close_codes.NOT_SIGNED_IN, "You have been signed out.")
# As by a change of one's own password: the browser has another cookie, and may come back with it.
RENEWED = Ending(close_codes.NORMAL, "Your session has been renewed.")

logger = logging.getLogger(__name__)


def named_user(session: Any) -> str | None:
    """The primary key of the user that a session names, as it is in memory."""
    data = getattr(session, "_session_cache", None)  # missing where nobody has read the session
    return data.get(SESSION_KEY) if data else None


class Claim(dict[str, Any]):
    """What a connection's session says, to be checked on another thread.

    Not what is stored of it: a stream may have signed somebody in, by `channels.auth.login()`,
    and not have saved that. Of the store is asked only whether it still has the session.
    """

    def __init__(self, session: Any) -> None:
        super().__init__(session._session_cache)
        self.store = session.__class__
        self.key = session.session_key

    def flush(self) -> None:
        """What Channels' `get_user()` does to a session that is not good."""
        self.clear()


def endings(claims: Sequence[Claim]) -> list[Ending | None]:
    """For each why its connection must end, if it must: two queries, in the usual case.

    Raises what the database raises.
    """
    stored = _stored_keys(claims)
    return [
        _ending(claim, user, stored)
        for claim, user in zip(claims, named_users(claims), strict=True)
    ]


def _stored_keys(claims: Sequence[Claim]) -> set[str]:
    keys = [claim.key for claim in claims if claim.store is SessionStore and claim.key]
    rows = SessionStore.get_model_class().objects.filter(
        session_key__in=keys, expire_date__gt=timezone.now()
    )
    return set(rows.values_list("session_key", flat=True))


def _ending(claim: Claim, user: Any, stored: set[str]) -> Ending | None:
    if SESSION_KEY not in claim:
        return None
    try:
        if not _is_stored(claim, stored):
            # With a hash that is no longer the user's, it was replaced rather than ended.
            outdated = user and claim.get(HASH_SESSION_KEY) != user.get_session_auth_hash()
            return RENEWED if outdated else SIGNED_OUT
        good = verified(claim, user) or get_user.func({"session": claim}).is_authenticated
    except django.db.Error:
        raise
    except Exception:  # of some other store or backend
        logger.exception("A session cannot be checked.")
        return None
    return None if good else SIGNED_OUT


def _is_stored(claim: Claim, stored: set[str]) -> bool:
    if not claim.key:  # as it is for one that a stream has begun, and not saved
        return True
    if claim.store is SessionStore:
        return claim.key in stored
    session = claim.store(claim.key)
    session.load()
    return bool(session.session_key == claim.key)  # else the store knows none, and says so
