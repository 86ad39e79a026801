"""Start the peers, each with what it needs: its packages, a database, people who are signed in."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from .catalogue import PEERS, Missing, Peer
from .machine import Cores, DidNotStart, Running, free_port, running, running_redis
from .postgres import running_postgres

PEOPLE = 1000


@dataclass(frozen=True, eq=False)
class Services:
    """What the peers share. PostgreSQL is not on their core."""

    redis: Running
    scratch: Path
    postgres: Running | None = None

    def database(self, peer: Peer) -> str:
        name = peer.database or peer.folder.name
        if not peer.postgres:
            return f"sqlite:///{self.scratch / name}.sqlite3"
        return self._on_postgres(name)

    def create_database(self, name: str) -> None:
        with psycopg.connect(self._on_postgres("postgres"), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}".encode())

    def _on_postgres(self, name: str) -> str:
        if self.postgres is None:
            raise Missing("It needs PostgreSQL; on Debian: apt-get install postgresql.")
        return f"postgres://bench@127.0.0.1:{self.postgres.port}/{name}"

    def environment(self, peer: Peer) -> dict[str, str]:
        return {
            **peer.environment,
            "DATABASE_URL": self.database(peer),
            "PYTHONPATH": ":".join(map(str, (peer.folder, *peer.import_from))),
            "PYTHONDONTWRITEBYTECODE": "1",  # the template's folder stays clean
            "REDIS_URL": f"redis://127.0.0.1:{self.redis.port}",
            "SECRET_KEY": "only-for-the-bench",
        }


@dataclass(frozen=True, eq=False)
class Server:
    """A peer that runs, beside the Redis it uses."""

    peer: Peer
    program: Running
    services: "Services"
    cores: Cores
    cookies: Sequence[str] = ()
    others: Sequence[Running] = ()  # more processes of it, behind the same Redis

    @property
    def ports(self) -> list[int]:
        return [program.port for program in (self.program, *self.others)]

    @property
    def cpu_seconds(self) -> float:
        return sum(each.cpu_seconds for each in (self.program, *self.others, self.services.redis))

    @contextmanager
    def one_and_two(self) -> Iterator[tuple["Server", "Server"]]:
        """The peer again, with its Redis alone on a core: one process, and that one with another.

        Each has a core of its own.
        """
        with ExitStack() as stack:
            programs = [
                stack.enter_context(
                    started(self.peer, self.services, core, f"{self.peer.name}-{number}")
                )
                for number, core in enumerate(self.cores.spare[:2])
            ]
            for program in programs:
                program.wait_until_listening()
            one = replace(self, program=programs[0])
            yield one, replace(one, others=programs[1:])


def sign_in(peer: Peer, services: Services, people: int = PEOPLE) -> list[str]:
    """Make the peer's database, with a session for each of so many people; return the cookies."""
    name = peer.database or peer.folder.name
    kept = services.scratch / f"{name}.cookies.json"  # two servers may share one site
    if not kept.exists():
        if peer.postgres:
            services.create_database(name)
        done = subprocess.run(
            [sys.executable, str(PEERS / "sign_in.py"), str(people), *peer.rooms],
            cwd=peer.folder,
            env={**os.environ, **services.environment(peer)},
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


def started(
    peer: Peer, services: Services, core: int | None, name: str
) -> AbstractContextManager[Running]:
    port = free_port()
    return running(
        [part.replace("{port}", str(port)) for part in peer.command],
        core=core,
        port=port,
        folder=peer.folder,
        log=services.scratch / f"{name}.log",
        environment={**services.environment(peer), "PORT": str(port)},
    )


@contextmanager
def providing(peers: Sequence[Peer], cores: Cores, scratch: Path) -> Iterator[Services]:
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(cores.servers, scratch))
        postgres = None
        if any(peer.postgres for peer in peers):
            with suppress(Missing):
                postgres = stack.enter_context(running_postgres(cores.load, scratch))
        yield Services(redis, scratch, postgres)


@contextmanager
def serving(
    peers: Sequence[Peer], cores: Cores, scratch: Path, people: int = PEOPLE
) -> Iterator[tuple[list[Server], dict[str, str]]]:
    """All peers at once, idle until they are asked, and why others could not be started."""
    with ExitStack() as stack:
        services = stack.enter_context(providing(peers, cores, scratch))
        servers: list[Server] = []
        skipped: dict[str, str] = {}
        for peer in sorted(peers, key=lambda peer: peer.signed_in):  # these take longest
            if peer.database:  # in which rooms have the same numbers as in another one
                redis = stack.enter_context(running_redis(cores.servers, scratch))
                services = replace(services, redis=redis)
            try:
                peer.prepare()
                cookies = sign_in(peer, services, people) if peer.signed_in else []
            except Missing as why:
                skipped[peer.name] = str(why)
                continue
            program = stack.enter_context(started(peer, services, cores.servers, peer.name))
            servers.append(Server(peer, program, services, cores, cookies))
        for server in list(servers):
            try:
                server.program.wait_until_listening()
            except DidNotStart as why:
                skipped[server.peer.name] = f"It did not start: {why}"
                servers.remove(server)
        yield sorted(servers, key=lambda server: peers.index(server.peer)), skipped
