import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest
import uvloop

from bench.catalogue import Missing, Peer
from bench.machine import Cores
from bench.servers import Server, serving

type Serve = Callable[[Peer], Server]
type Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start a peer, which then runs to the end, or skip the test where what it needs is missing."""
    scratch, cores = tmp_path_factory.mktemp("peers"), Cores.of_this_machine()

    with ExitStack() as stack:

        @cache
        def started(peer: Peer) -> tuple[list[Server], dict[str, str]]:
            return stack.enter_context(serving([peer], cores, scratch, people=5))

        def serve_one(peer: Peer) -> Server:
            try:
                peer.prepare()
            except Missing as why:
                (pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip)(str(why))
            servers, skipped = started(peer)
            assert skipped == {}
            return servers[0]

        yield serve_one


@pytest.fixture
def run() -> Run:
    def run_on_uvloop(work: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)

    return run_on_uvloop
