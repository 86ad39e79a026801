"""Each peer for a moment with a few sockets."""

from pathlib import Path

import pytest

from bench.catalogue import CATALOGUE, UVICORN, Peer
from bench.measure import crowd_of, offer, saturate
from bench.results import Figures, Plan, Results
from bench.rooms import Wrong
from bench.servers import Server
from bench.workloads import idle, multiplexer, storm

from .conftest import Run, Serve

SHORT = Plan(seconds=10, rounds=1, saturate=0.25, offer=0.25, crowd=20, storms=1)


@pytest.mark.parametrize("peer", CATALOGUE, ids=lambda peer: peer.name)
def test_all_hear_all_once_and_in_order(peer: Peer, serve: Serve, run: Run) -> None:
    async def talk(server: Server) -> Figures:
        async with crowd_of(server, rooms=1, size=5, speakers=5) as (crowd, _):
            figures = await saturate(server, crowd, SHORT.saturate, window=4)
            figures |= await offer(server, crowd, crowd.rooms, rate=200, seconds=SHORT.offer)
            [room] = crowd.rooms
            assert crowd.deliveries == 5 * len(room.messages)
            assert len(crowd.latencies) == 5 * 10
            return figures

    figures = run(talk(serve(peer)))

    assert figures["deliveries_per_second"] > 100
    assert 0 < figures["cpu_seconds_per_100k"] < 1000
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["p99_9_ms"] < 5000
    assert 0 < figures["load_cpu"] <= 1.1


@pytest.mark.parametrize("peer", CATALOGUE, ids=lambda peer: peer.name)
def test_sockets_connect_and_wait(peer: Peer, serve: Serve, run: Run) -> None:
    results = Results(SHORT)

    run(idle([serve(peer)], SHORT, results, deadline=0))
    run(storm([serve(peer)], SHORT, results, deadline=0))

    assert results.errors == {}
    assert results.median("storm", peer.name)["connects_per_second"] > 1
    assert set(results.median("idle", peer.name)) >= {"bytes_per_connection", "p99_ms"}


@pytest.mark.parametrize(
    "peer", [peer for peer in CATALOGUE if peer.multiplexed], ids=lambda peer: peer.name
)
def test_streams_of_one_socket_hear_what_sockets_hear(peer: Peer, serve: Serve, run: Run) -> None:
    results = Results(SHORT)

    run(multiplexer([serve(peer)], SHORT, results, deadline=0))

    assert results.errors == {}
    figures = results.median("multiplexer", peer.name)
    assert figures["multiplexed"] > 100
    assert figures["direct"] > 100


@pytest.mark.parametrize(
    ("promise", "complaint"),
    [
        ("repeat", "got message 0, expected 5"),
        ("lose", "Deliveries are lost: 1"),
        ("reorder", r"got message \d, expected \d"),
        ("change", "The text was changed"),
        ("invent", "Nobody said this"),
        ("close", "It closed a socket"),
        ("refuse", "Not every socket opened"),
    ],
)
def test_a_peer_that_breaks_a_promise_gets_no_figures(
    promise: str, complaint: str, serve: Serve, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.crowd.SETTLE_SECONDS", 1)

    with pytest.raises(Wrong, match=complaint):
        run(one_room_talks(serve(wrong_peer(promise))))


def test_the_same_peer_passes_when_it_keeps_them(serve: Serve, run: Run) -> None:
    run(one_room_talks(serve(wrong_peer("nothing"))))


def wrong_peer(promise: str) -> Peer:
    return Peer(
        name=f"wrong-{promise}",
        label="wrong",
        command=(*UVICORN, "wrong:application"),
        folder=Path(__file__).parent,
        environment={"WRONG": promise},
    )


async def one_room_talks(server: Server) -> None:
    async with crowd_of(server, rooms=1, size=5, speakers=5) as (crowd, _):
        for _ in range(10):
            crowd.rooms[0].speak()
        await crowd.settle()
