"""Each peer that stores messages, for a moment with a few sockets."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.catalogue import CATALOGUE, UVICORN, Peer
from bench.dialects import Chat
from bench.durable import durable
from bench.machine import Cores
from bench.report import report
from bench.results import Plan, Results
from bench.servers import Server, serving
from bench.stores import STORES

from .conftest import Run

SHORT = Plan(*(10, 1, 0.25, 0.25, 20, 1), store=0.25, returning=20)
SHAPES = {
    "senders": (2, 10),
    "alone": (5, 1),
    "sender": (1, 1),
    "large_room": (1, 25),
    "small_rooms": (3, 4),
}
PROMISES = {
    "nothing": "",
    "forget": "messages were said",
    "silent": "Deliveries are lost",
    "repeat": "was acknowledged twice",
    "refuse": "It refused a message",
    "amnesia": "Of what was missed, messages are lost: 2.",
}


@pytest.fixture(autouse=True)
def few_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.durable.SHAPES", SHAPES)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def serve(peer: Peer, scratch: Path, stack: ExitStack) -> Server:
    cores = Cores.of_this_machine()
    servers, skipped = stack.enter_context(serving([peer], cores, scratch, people=5))
    if why := skipped.get(peer.name):
        assert "It needs" in why
        (pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip)(why)
    return servers[0]


@pytest.mark.parametrize("peer", STORES, ids=lambda peer: peer.name)
def test_what_is_acknowledged_is_stored(
    peer: Peer, run: Run, tmp_path: Path, stack: ExitStack
) -> None:
    results = Results(SHORT)

    run(durable([serve(peer, tmp_path, stack)], SHORT, results, deadline=0))

    assert results.errors == {}
    figures = results.median("durable", peer.name)
    assert figures["senders_per_second"] > 10
    assert figures["alone_per_second"] > 10
    assert figures["sender_per_second"] > 1
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] < 5000
    assert (figures.get("large_room_per_second", 0) > 100) == peer.acknowledges
    assert ("small_rooms_plain_per_second" in figures) == (peer.acknowledges and peer.postgres)
    if peer.acknowledges:
        assert figures["resume_all_sockets"] == 20
        few, many = (figures[f"resume_{name}_others_queries"] for name in ("few", "all"))
        assert 0 < few <= many <= few + 3  # it looks again every 2 s
    assert peer.label in report(results, CATALOGUE)


@pytest.mark.parametrize("promise", PROMISES)
def test_a_peer_that_breaks_a_promise_gets_no_figures(
    promise: str, run: Run, tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.crowd.SETTLE_SECONDS", 1)
    peer = Peer(
        name=f"wrong_{promise}",
        label="wrong",
        command=(*UVICORN, "wrong_chat:application"),
        folder=Path(__file__).parent,
        environment={"WRONG": promise},
        dialect=Chat,
        database="wrong",
        acknowledges=True,
    )
    results = Results(SHORT)

    run(durable([serve(peer, tmp_path, stack)], SHORT, results, deadline=0))

    complaint = PROMISES[promise]
    assert bool(results.median("durable", peer.name)) != bool(complaint)
    assert complaint in results.errors.get(("durable", peer.name), "")
