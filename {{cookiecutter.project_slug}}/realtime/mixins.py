"""Who may connect, and what is known of them. Put these before the consumer they are added to.

Each decides before `connect()` is called, so that a consumer's own need not ask again.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.utils.translation import gettext as _

from . import close_codes
from .consumer import SocketConsumer
from .database import on_database_thread
from .types import Message


class UserMixin(SocketConsumer):
    """For those who are signed in. Others are refused with 4401."""

    @property
    def user(self) -> Any:  # of the site's own model, which is not known here
        return self.scope["user"]

    async def websocket_connect(self, message: Message) -> None:
        if self.user.is_authenticated:
            await super().websocket_connect(message)
        else:
            await self.refuse(close_codes.NOT_SIGNED_IN, _("Please sign in."))


class PermissionMixin(SocketConsumer):
    """For those who have all the permissions, such as "chat.add_room". Others get 4403."""

    permission_required: ClassVar[str | Sequence[str]] = ()

    def has_permission(self) -> bool:
        """Runs where it may use the database. Override it to ask for something else."""
        required = self.permission_required
        codenames = [required] if isinstance(required, str) else required
        allowed: bool = self.scope["user"].has_perms(codenames)
        return allowed

    async def websocket_connect(self, message: Message) -> None:
        if await on_database_thread(self.has_permission):
            await super().websocket_connect(message)
        else:
            await self.refuse(close_codes.NOT_ALLOWED, _("You may not do this."))


class SessionMixin(SocketConsumer):
    """Reads the session as it was when the connection opened, and stores into it."""

    @property
    def session(self) -> SessionBase:
        session: SessionBase = self.scope["session"]
        return session

    async def save_session(self, **values: object) -> None:
        """Store these values, beside what others have stored since the connection opened.

        Raises SessionInterrupted if there is no such session, or no longer, as after signing
        out: over a socket, no cookie of a new one could be set.
        """
        await on_database_thread(self._save_session, values)
        self.session.update(values)

    async def websocket_connect(self, message: Message) -> None:
        await on_database_thread(self.session.keys)  # so that no handler waits for the database
        await super().websocket_connect(message)

    def _save_session(self, values: dict[str, object]) -> None:
        stored = self.session.__class__(self.session.session_key)
        stored.update(values)  # which loads it first
        if stored.session_key is None:
            raise SessionInterrupted("There is no session to store this in.")
        try:
            stored.save()
        except UpdateError:
            raise SessionInterrupted("The session was ended meanwhile.") from None
