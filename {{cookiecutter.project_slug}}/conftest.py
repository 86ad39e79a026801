"""The test kit: people, a room, sockets that are signed in, a site that runs.

docs/testing.md shows its use.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from django.conf import settings as site_settings
from django.db import connection, connections
from django.test import AsyncClient
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import User
from chat import feeds, services
from chat.models import Room
from realtime.database import close_connections
from realtime.testing import PatientCommunicator
from realtime.tests.conftest import visit as visit
from tests.live import LiveServer, serving

type Connect = Callable[..., Awaitable[PatientCommunicator]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all asynchronous tests use the database: Channels looks at it around each message."""
    for item in items:
        is_async = item.get_closest_marker("asyncio") is not None
        if is_async and item.get_closest_marker("django_db") is None:
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each run a database of its own: a file, as in production, or a name on the server."""
    on_sqlite = connection.vendor == "sqlite"
    path = tmp_path_factory.mktemp("database") / "test.sqlite3"
    name = str(path) if on_sqlite else f"test_{os.getpid()}"
    connection.settings_dict["TEST"]["NAME"] = name


@pytest.fixture(scope="session", autouse=True)
def close_connections_of_threads(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A database cannot be dropped while a thread behind async code is connected to it."""
    yield
    asyncio.run(sync_to_async(connections.close_all)())
    close_connections()
    if connection.vendor == "postgresql":  # where an idle connection of the pool counts too
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def fresh_channel_layers() -> None:
    """Let nothing that one test published reach another test or another run."""
    if site_settings.REDIS_URL:
        for alias, layer in site_settings.CHANNEL_LAYERS.items():
            layer["CONFIG"]["prefix"] = f"test-{alias}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    channel_layers.backends.clear()


@pytest.fixture(autouse=True)
def fast_passwords(settings: Settings) -> None:
    """Hash passwords quickly: safe ones take most of a test's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def feeds_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a room be read anew by the next who comes, and leave nothing behind when they go."""
    monkeypatch.setattr(feeds, "LINGER_SECONDS", 0)


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice", "alice@example.com", "correct horse")


@pytest.fixture
def bob(transactional_db: None) -> User:
    return User.objects.create_user("bob", "bob@example.com", "battery staple")


@pytest.fixture
def room(transactional_db: None) -> Room:
    return services.room_create(name="General")


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Open a socket of the whole site: `await connect("/ws/", user)`."""
    sockets: list[PatientCommunicator] = []

    async def connect(
        path: str, user: User | None = None, language: str = ""
    ) -> PatientCommunicator:
        from config.asgi import application  # not before the test settings are in force

        headers = [(b"origin", b"http://testserver"), (b"accept-language", language.encode())]
        if user is not None:
            client = AsyncClient()
            await client.aforce_login(user)
            cookie = f"{site_settings.SESSION_COOKIE_NAME}={client.cookies['sessionid'].value}"
            headers.append((b"cookie", cookie.encode()))
        socket = PatientCommunicator(application, path, headers)
        accepted, code = await socket.connect()
        assert accepted, f"refused with {code}"
        sockets.append(socket)
        return socket

    yield connect
    for socket in sockets:
        await socket.disconnect()


@pytest.fixture
def live_site(transactional_db: None, tmp_path: Path) -> Iterator[LiveServer]:
    """The site as a process of its own, under Daphne, that sees what the test writes."""
    with serving(tmp_path / "site.log") as site:
        yield site


@pytest.fixture(scope="session")
def site_folder() -> Path:
    return Path(__file__).parent
