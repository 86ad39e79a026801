"""The peers that store each message before anybody hears it: what each is."""

from .catalogue import DAPHNE, OURS, PEERS, SITE, TUTORIAL, WITHOUT_CLICK, Peer
from .dialects import Chat, Stored

# Rooms, and members of each. A database has them all.
SHAPES = {
    "senders": (10, 10),
    "alone": (100, 1),
    "sender": (1, 1),
    "large_room": (1, 100),
    "small_rooms": (50, 10),
    "returning": (1, 1),
}
ROOMS = tuple(f"{name}x{index}" for name, (rooms, _) in SHAPES.items() for index in range(rooms))
DATABASES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}


def of_tutorial(database: str) -> Peer:
    return Peer(
        name=f"tutorial_{database}",
        label=f"Channels tutorial, {DATABASES[database]}",
        command=(*DAPHNE, "mysite.asgi:application"),
        folder=PEERS / "tutorial",
        import_from=(WITHOUT_CLICK,),
        environment=TUTORIAL | {"DJANGO_SETTINGS_MODULE": "mysite.stored_settings"},
        dialect=Stored,
        signed_in=True,
        database=f"tutorial_{database}",
        postgres=database == "postgres",
        quick=database == "postgres",
    )


def of_site(database: str) -> Peer:
    return Peer(
        name=f"site_{database}",
        label=f"this site, {DATABASES[database]}",
        command=(*DAPHNE, "asgi:application"),
        folder=PEERS / "site",
        import_from=(SITE, WITHOUT_CLICK),
        environment=OURS,
        dialect=Chat,
        signed_in=True,
        database=f"site_{database}",
        postgres=database == "postgres",
        rooms=ROOMS,
        acknowledges=True,
        quick=database == "postgres",
    )


STORES = [of(database) for database in DATABASES for of in (of_tutorial, of_site)]
