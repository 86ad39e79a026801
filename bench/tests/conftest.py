import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from bench.catalogue import Peer
from bench.machine import Cores
from bench.servers import Server, serving

type Serve = Callable[[Peer], AbstractContextManager[Server]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start one peer with a Redis of its own, or skip the test where it cannot run."""

    @contextmanager
    def serve_one(peer: Peer) -> Iterator[Server]:
        with serving([peer], Cores.of_this_machine(), tmp_path, people=5) as (servers, skipped):
            if skipped:
                if os.environ.get("REQUIRE_ALL") == "1":
                    pytest.fail(skipped[peer.name])
                pytest.skip(skipped[peer.name])
            yield servers[0]

    return serve_one


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    def run_on_uvloop(work: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)

    return run_on_uvloop
