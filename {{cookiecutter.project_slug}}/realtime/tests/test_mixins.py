import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser, Permission
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.exceptions import SessionInterrupted

from accounts.models import User
from realtime import close_codes
from realtime.commands import Command, CommandConsumer, handles
from realtime.mixins import PermissionMixin, SessionMixin, UserMixin

from .clients import Visit


class Ask(Command, tag="ask"):
    theme: str = ""


class Mine(UserMixin, CommandConsumer):
    async def connect(self) -> None:
        await self.accept()
        await self.send_value({"name": self.user.username})


async def test_who_is_not_signed_in_is_refused_before_anything_else(visit: Visit) -> None:
    client = await visit(Mine.as_asgi(), user=AnonymousUser())
    assert await client.closed() == close_codes.NOT_SIGNED_IN


async def test_who_is_signed_in_is_the_consumers_user(visit: Visit, alice: User) -> None:
    client = await visit(Mine.as_asgi(), user=alice)
    assert await client.receive() == {"name": "alice"}


# Permissions


class Makers(UserMixin, PermissionMixin, CommandConsumer):
    permission_required = "chat.add_room"

    @handles(Ask)
    async def ask(self, command: Ask) -> None: ...


class Keepers(PermissionMixin, CommandConsumer):
    permission_required = ["chat.add_room", "chat.delete_room"]


class NotBob(PermissionMixin, CommandConsumer):
    def has_permission(self) -> bool:
        found: bool = User.objects.exclude(username="bob").filter(pk=self.scope["user"].pk).exists()
        return found

    @handles(Ask)
    async def ask(self, command: Ask) -> None: ...


async def permit(user: User, *codenames: str) -> User:
    permissions = await database_sync_to_async(list)(
        Permission.objects.filter(codename__in=codenames)
    )
    await user.user_permissions.aadd(*permissions)
    return user


async def test_who_lacks_a_permission_is_refused(visit: Visit, alice: User, bob: User) -> None:
    await permit(alice, "add_room")
    assert (await (await visit(Makers.as_asgi(), user=alice)).ask("ask"))["type"] == "ok"
    for consumer, user in ((Makers, bob), (Keepers, alice), (Keepers, AnonymousUser())):
        client = await visit(consumer.as_asgi(), user=user)
        assert await client.closed() == close_codes.NOT_ALLOWED


async def test_signing_in_is_asked_for_before_permissions(visit: Visit, alice: User) -> None:
    client = await visit(Makers.as_asgi(), user=AnonymousUser())
    assert await client.closed() == close_codes.NOT_SIGNED_IN


async def test_a_consumer_may_ask_the_database_who_may_connect(
    visit: Visit, alice: User, bob: User
) -> None:
    assert (await (await visit(NotBob.as_asgi(), user=alice)).ask("ask"))["type"] == "ok"
    client = await visit(NotBob.as_asgi(), user=bob)
    assert await client.closed() == close_codes.NOT_ALLOWED


# Sessions


class Themed(SessionMixin, CommandConsumer):
    @handles(Ask)
    async def ask(self, command: Ask) -> dict[str, object]:
        return {"theme": self.session.get("theme", "light")}

    @handles(Ask, theme=r"(?P<theme>\w+)")
    async def choose(self, command: Ask, theme: str) -> None:
        try:
            await self.save_session(theme=theme)
        except SessionInterrupted:
            await self.close(close_codes.NOT_SIGNED_IN)


@pytest.fixture
def stored(transactional_db: None) -> SessionStore:
    session = SessionStore()
    session.update({"theme": "dark", "basket": 1})
    session.save()
    return session


def reload(session: SessionStore) -> dict[str, object]:
    return SessionStore(session.session_key).load()


async def test_the_session_is_read_without_waiting(visit: Visit, stored: SessionStore) -> None:
    client = await visit(Themed.as_asgi(), session=SessionStore(stored.session_key))
    assert (await client.ask("ask"))["theme"] == "dark"


async def test_saving_to_the_session_keeps_what_others_stored_meanwhile(
    visit: Visit, stored: SessionStore
) -> None:
    client = await visit(Themed.as_asgi(), session=SessionStore(stored.session_key))
    stored["basket"] = 2
    await stored.asave()
    await client.ask("ask", theme="blue")
    assert (await client.ask("ask"))["theme"] == "blue"
    assert await database_sync_to_async(reload)(stored) == {"theme": "blue", "basket": 2}


@pytest.mark.parametrize("ended", [True, False])
async def test_a_session_that_is_gone_does_not_come_back(
    visit: Visit, stored: SessionStore, ended: bool
) -> None:
    session = SessionStore(stored.session_key if ended else None)
    client = await visit(Themed.as_asgi(), session=session)
    await stored.adelete()
    await client.send({"type": "ask", "theme": "blue"})
    assert await client.closed() == close_codes.NOT_SIGNED_IN
    assert await database_sync_to_async(reload)(stored) == {}
