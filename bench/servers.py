"""Start the peers, each with what it needs: its packages, a database, people who are signed in."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .catalogue import PEERS, Missing, Peer
from .machine import Cores, DidNotStart, Running, free_port, running, running_redis

PEOPLE = 1000


@dataclass(frozen=True, eq=False)
class Server:
    """A peer that runs, beside the Redis it uses."""

    peer: Peer
    program: Running
    redis: Running
    cookies: Sequence[str] = ()

    @property
    def cpu_seconds(self) -> float:
        return self.program.cpu_seconds + self.redis.cpu_seconds


def environment(peer: Peer, redis: Running, scratch: Path) -> dict[str, str]:
    return {
        **peer.environment,
        "DATABASE_URL": f"sqlite:///{scratch / peer.folder.name}.sqlite3",
        "PYTHONPATH": ":".join(map(str, (peer.folder, *peer.import_from))),
        "PYTHONDONTWRITEBYTECODE": "1",  # the template's folder stays clean
        "REDIS_URL": f"redis://127.0.0.1:{redis.port}",
        "SECRET_KEY": "only-for-the-bench",
    }


def sign_in(peer: Peer, redis: Running, scratch: Path, people: int = PEOPLE) -> list[str]:
    """Make the peer's database, with a session for each of so many people; return the cookies."""
    kept = scratch / f"{peer.folder.name}.cookies.json"  # two servers may share one site
    if not kept.exists():
        done = subprocess.run(
            [sys.executable, str(PEERS / "sign_in.py"), str(people)],
            cwd=peer.folder,
            env={**os.environ, **environment(peer, redis, scratch)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise Missing(f"No database: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
        kept.write_text(done.stdout)
    cookies: list[str] = json.loads(kept.read_text())
    return cookies


@contextmanager
def serving(
    peers: Sequence[Peer], cores: Cores, scratch: Path, people: int = PEOPLE
) -> Iterator[tuple[list[Server], dict[str, str]]]:
    """All peers at once, idle until they are asked, and why others could not be started."""
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(cores.servers, scratch))
        servers: list[Server] = []
        skipped: dict[str, str] = {}
        for peer in sorted(peers, key=lambda peer: peer.signed_in):  # these take longest
            try:
                peer.prepare()
                cookies = sign_in(peer, redis, scratch, people) if peer.signed_in else []
            except Missing as why:
                skipped[peer.name] = str(why)
                continue
            port = free_port()
            program = running(
                [part.replace("{port}", str(port)) for part in peer.command],
                core=cores.servers,
                port=port,
                folder=peer.folder,
                log=scratch / f"{peer.name}.log",
                environment={**environment(peer, redis, scratch), "PORT": str(port)},
            )
            servers.append(Server(peer, stack.enter_context(program), redis, cookies))
        for server in list(servers):
            try:
                server.program.wait_until_listening()
            except DidNotStart as why:
                skipped[server.peer.name] = f"It did not start: {why}"
                servers.remove(server)
        yield sorted(servers, key=lambda server: peers.index(server.peer)), skipped
