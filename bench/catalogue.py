"""The peers: what each is, how it is started, how a client talks to it. README.md has the why."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .dialects import Dialect, Multiplexed, Plain, SocketIO

PEERS = Path(__file__).parent / "peers"
CACHE = Path(__file__).parent / ".cache"
SITE = Path(__file__).parent.parent / "{{cookiecutter.project_slug}}"

DAPHNE = (sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", "{port}")
WITHOUT_CLICK = PEERS / "without_click"  # as in a site that runs Daphne alone
UVICORN = (
    *(sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}"),
    *("--no-access-log", "--log-level", "warning"),
)
CORKED = "realtime.uvicorn_protocol:CorkedProtocol"  # as docs/deployment.md says


class Missing(Exception):
    """What a peer needs is not on this machine."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Peer:
    name: str
    label: str
    command: tuple[str, ...]
    folder: Path = PEERS
    import_from: tuple[Path, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    dialect: Callable[[list[str]], Dialect] = Plain
    multiplexed: Callable[[list[str]], Dialect] | None = None
    ceiling: str | None = None  # the bare broadcast on the same server
    signed_in: bool = False  # clients bring the cookie of a database session
    database: str = ""  # its own; else the one that all of this folder share, in SQLite
    postgres: bool = False
    rooms: tuple[str, ...] = ()  # that must be in the database
    acknowledges: bool = False  # it answers who has spoken, beside what all hear
    quick: bool = True  # a part of the quick run
    prepare: Callable[[], None] = lambda: None


def install_node_packages() -> None:
    """Install what package-lock.json says into the cache, unless it is there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Missing("It needs node and npm.")
    folder, lock = CACHE / "node", (PEERS / "socketio_node/package-lock.json").read_text()
    installed = folder / "installed.json"
    if installed.exists() and installed.read_text() == lock:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PEERS / "socketio_node" / name, folder)
    # Without scripts: the only one builds bufferutil, which comes built for the usual systems.
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, text=True
    )
    if done.returncode != 0:
        raise Missing(f"npm ci failed: {done.stderr.strip()[-200:]}")
    installed.write_text(lock)


TUTORIAL = {"DJANGO_SETTINGS_MODULE": "mysite.settings"}
OURS = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "off",
    "ALLOWED_HOSTS": "127.0.0.1",
    # The template's folder is a site in place, but for its answers.
    "LANGUAGE_CODE": "en",
    "SIGN_IN_BY": "username",
    "TIME_ZONE": "UTC",
}

CATALOGUE = [
    Peer(
        name="tutorial_daphne",
        label="Channels tutorial, Daphne",
        command=(*DAPHNE, "mysite.asgi:application"),
        folder=PEERS / "tutorial",
        import_from=(WITHOUT_CLICK,),
        environment=TUTORIAL,
        ceiling="bare_daphne",
        signed_in=True,
    ),
    Peer(
        name="site_daphne",
        label="this site, Daphne",
        command=(*DAPHNE, "asgi:application"),
        folder=PEERS / "site",
        import_from=(SITE, WITHOUT_CLICK),
        environment=OURS,
        multiplexed=Multiplexed,
        ceiling="bare_daphne",
        signed_in=True,
    ),
    Peer(
        name="site_daphne_sync",
        label="this site, Daphne, synchronous",
        command=(*DAPHNE, "sync:application"),
        folder=PEERS / "site",
        import_from=(SITE, WITHOUT_CLICK),
        environment=OURS,
        ceiling="bare_daphne",
        signed_in=True,
    ),
    Peer(
        name="site_uvicorn",
        label="this site, uvicorn",
        command=(*UVICORN, "--ws", CORKED, "asgi:application"),
        folder=PEERS / "site",
        import_from=(SITE,),
        environment=OURS,
        multiplexed=Multiplexed,
        ceiling="bare_uvicorn",
        signed_in=True,
    ),
    Peer(
        name="python_socketio",
        label="python-socketio, uvicorn",
        command=(*UVICORN, "python_socketio:app"),
        dialect=SocketIO,
        ceiling="bare_uvicorn",
    ),
    Peer(
        name="socketio_node",
        label="Socket.IO, Node",
        command=("node", "server.js"),
        folder=PEERS / "socketio_node",
        environment={"NODE_ENV": "production", "NODE_PATH": str(CACHE / "node/node_modules")},
        dialect=SocketIO,
        prepare=install_node_packages,
    ),
    Peer(
        name="fastapi",
        label="FastAPI + broadcaster, uvicorn",
        command=(*UVICORN, "fastapi_redis:app"),
        ceiling="bare_uvicorn",
    ),
    Peer(
        name="bare_daphne",
        label="bare ASGI, Daphne (ceiling)",
        command=(*DAPHNE, "bare:application"),
        import_from=(WITHOUT_CLICK,),
        ceiling="bare_daphne",
    ),
    Peer(
        name="bare_daphne_quiet",
        label="bare ASGI, Daphne, no log lines",
        command=(*DAPHNE, "bare_quiet:application"),
        import_from=(WITHOUT_CLICK, SITE),
        ceiling="bare_daphne",
        quick=False,
    ),
    Peer(
        name="bare_uvicorn",
        label="bare ASGI, uvicorn (ceiling)",
        command=(*UVICORN, "bare:application"),
        ceiling="bare_uvicorn",
    ),
]
