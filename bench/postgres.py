"""A PostgreSQL of the bench's own."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg

from .catalogue import Missing
from .machine import Running, free_port, running


def program(name: str) -> str | None:
    """Where it is. Debian keeps those that run a server off the PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, places)]))


@contextmanager
def running_postgres(core: int | None, scratch: Path) -> Iterator[Running]:
    """Raises Missing. The name of its owner is bench, as is that of a database.

    It does not wait for the disk: how long that takes is no merit of who asks for it.
    """
    initdb, postgres = program("initdb"), program("postgres")
    if initdb is None or postgres is None:
        raise Missing("It needs PostgreSQL; on Debian: apt-get install postgresql.")
    user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bench.") as folder:
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        make = [initdb, "--auth=trust", "--username=bench", "--encoding=UTF8", "--no-sync", data]
        made = subprocess.run(make, user=user, cwd=folder, capture_output=True, text=True)
        if made.returncode != 0:
            raise Missing(f"initdb failed: {made.stderr.strip()[-200:]}")
        command = [postgres, "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"]
        with running(
            command,
            core=core,
            port=port,
            folder=Path(folder),
            log=scratch / "postgres.log",
            user=user,
            end=signal.SIGQUIT,  # at which it ends its children too
        ) as server:
            server.wait_until(partial(answers, port))
            yield server


def answers(port: int) -> bool:
    """It listens before it does."""
    try:
        psycopg.connect(f"postgres://bench@127.0.0.1:{port}/postgres").close()
    except psycopg.OperationalError:
        return False
    return True
