"""One process, then two behind one Redis: on whatever cores there are, so nothing of speed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.catalogue import CATALOGUE
from bench.machine import Cores
from bench.measure import crowd_of, roll_call
from bench.report import report
from bench.results import Results
from bench.servers import Server
from bench.workloads import two_processes

from .conftest import Run, Serve
from .test_peers import SHORT

SHAPES = {"large_room": (1, 10, 4, 5), "small_rooms": (3, 4, 2, 5)}
[PEER] = [peer for peer in CATALOGUE if peer.name == "site_uvicorn"]


@pytest.fixture
def server(serve: Serve) -> Server:
    return replace(serve(PEER), cores=Cores(None, None, spare=(None, None)))


@pytest.fixture
def pair(server: Server) -> Iterator[tuple[Server, Server]]:
    with server.one_and_two() as pair:
        yield pair


def test_the_sockets_of_a_room_are_spread_and_hear_each_other(
    pair: tuple[Server, Server], run: Run
) -> None:
    async def connect(server: Server) -> list[int]:
        async with crowd_of(server, rooms=1, size=6) as (crowd, _):
            await roll_call(crowd)
            transports = [member.transport.underlying_transport for member in crowd.members]
            return [transport.get_extra_info("peername")[1] for transport in transports]

    one, two = pair

    assert set(run(connect(one))) == set(one.ports)
    reached = run(connect(two))
    assert [reached.count(port) for port in two.ports] == [3, 3]


def test_both_are_measured(server: Server, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.workloads.SHAPES", SHAPES)
    results = Results(SHORT)

    run(two_processes([server], SHORT, results, deadline=0))

    assert results.errors == {}
    assert results.skipped == {}
    assert "this site, uvicorn, one room" in report(results, CATALOGUE)
    figures = results.median("two_processes", PEER.name)
    for shape in SHAPES:
        assert figures[f"{shape}_one_deliveries_per_second"] > 100
        assert figures[f"{shape}_two_deliveries_per_second"] > 100


def test_too_few_cores_are_told_of(server: Server, run: Run) -> None:
    results = Results(SHORT)

    run(two_processes([replace(server, cores=Cores(0, 1))], SHORT, results, deadline=0))

    assert results.runs == []
    told = report(results, CATALOGUE)
    assert "Skipped: two_processes. It needs four cores." in told
    [line] = [line for line in told.splitlines() if "two processes, uvicorn, large room" in line]
    assert "not measurable here" in line
