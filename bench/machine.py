"""Processes on their core: started here, watched here, ended here by their process id."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

START_SECONDS = 30


class DidNotStart(Exception):
    """A program ended, or did not listen in time. Says what it wrote last."""


@dataclass(frozen=True)
class Cores:
    """Where the peers and their Redis run, and where the load is made; None: anywhere."""

    servers: int | None
    load: int | None
    spare: tuple[int | None, ...] = ()  # whole cores where nothing runs yet

    @classmethod
    def of_this_machine(cls) -> "Cores":
        if not hasattr(os, "sched_getaffinity"):  # macOS has no pinning
            return cls(None, None)
        threads = sorted(os.sched_getaffinity(0))
        # Two threads of one core share what it can do.
        whole = sorted({core_of(thread): thread for thread in reversed(threads)}.values())
        first, *others = [*whole, *(thread for thread in threads if thread not in whole)]
        return cls(first, others[0] if others else None, tuple(whole[2:]))

    @property
    def separate(self) -> bool:
        return self.load is not None


def core_of(thread: int) -> str:
    """A name that all threads of a core share."""
    siblings = Path(f"/sys/devices/system/cpu/cpu{thread}/topology/thread_siblings_list")
    return siblings.read_text() if siblings.exists() else str(thread)


class Running:
    """A program that was started, on its core."""

    def __init__(
        self, process: subprocess.Popen[bytes], port: int, log: Path, end: signal.Signals
    ) -> None:
        self._process = process
        self._end = end
        self._watched = psutil.Process(process.pid)
        self._log = log
        self.port = port

    @property
    def cpu_seconds(self) -> float:
        times = self._watched.cpu_times()
        return float(times.user + times.system)

    @property
    def children(self) -> list[psutil.Process]:
        """And theirs. It takes some milliseconds to find them."""
        return self._watched.children(recursive=True)

    @property
    def family_cpu_seconds(self) -> float:
        seconds = 0.0
        for process in (self._watched, *self.children):
            with contextlib.suppress(psutil.NoSuchProcess):
                seconds += sum(process.cpu_times()[:4])  # the last two are of children that ended
        return seconds

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return int(self._watched.memory_info().rss)

    @property
    def last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "It wrote nothing."

    def wait_until_listening(self) -> None:
        self.wait_until(self._is_listening)

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if self._process.poll() is not None:
                raise DidNotStart(self.last_words)
            if time.monotonic() > deadline:
                raise DidNotStart(f"Not ready after {START_SECONDS} s. {self.last_words}")
            time.sleep(0.05)

    def _is_listening(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self._process.returncode is not None:  # its number may be another's by now
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, self._end)  # which its children belong to
        self._process.wait()


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    core: int | None,
    port: int,
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    end: signal.Signals = signal.SIGKILL,  # who holds nothing that is worth a polite end
) -> Iterator[Running]:
    """Start a program, and end it with the block."""
    with contextlib.ExitStack() as stack:
        with signals_held(), log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the bench, which then ends what it started
                user=user,
            )
            program = Running(process, port, log, end)
            stack.callback(program.stop)
        if core is not None:
            psutil.Process(process.pid).cpu_affinity([core])
        yield program


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """What would end the bench does so after the block, not in the middle of it."""
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.signal(number, lambda n, _: came.append(n)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for arrived in came:
            signal.raise_signal(arrived)


@contextlib.contextmanager
def running_redis(core: int | None, scratch: Path) -> Iterator[Running]:
    """A Redis of our own, which keeps nothing on disk."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(scratch)]
    with running(
        command, core=core, port=port, folder=scratch, log=scratch / f"redis-{port}.log"
    ) as redis:
        redis.wait_until_listening()
        yield redis


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def allow_many_sockets() -> None:
    """Raise the limit of open files, here and so in what is started, as far as is allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16_384 if hard == resource.RLIM_INFINITY else min(16_384, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
