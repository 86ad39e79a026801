"""Who is in a room: known in every process, and never for longer than a lease."""

import asyncio
from collections.abc import Callable

import pytest
from channels.layers import get_channel_layer

from accounts.models import User
from chat import presence
from chat.events import room_group
from chat.presence import Presence
from realtime.listeners import Stop
from realtime.tests.layers import until
from realtime.types import Message as LayerMessage


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "TOGETHER_SECONDS", 0.01)
    monkeypatch.setattr(presence, "ABSENCE_SECONDS", 0.05)
    monkeypatch.setattr(presence, "RENEW_SECONDS", 0.1)


def process(tell: Callable[[LayerMessage], None] = lambda message: None) -> Presence:
    """What one process knows of the room."""
    return Presence(room_group(1), tell)


async def connect(one: Presence) -> Stop:
    """Let it hear what is said of the room, until what this returns is called."""
    stop: Stop = await get_channel_layer().listen(room_group(1).name, one.hear)
    return stop


async def test_processes_know_of_each_others_people(alice: User, bob: User) -> None:
    here, there = process(), process()
    await connect(here)
    here.enter(alice)
    await connect(there)  # which has heard nothing of that, and asks
    there.enter(bob)
    await until(lambda: list(here.people) == list(there.people) == ["alice", "bob"])
    here.stop()
    there.stop()


async def test_who_has_two_tabs_leaves_with_the_last(alice: User) -> None:
    here = process()
    await connect(here)
    here.enter(alice)
    here.enter(alice)
    await until(lambda: "alice" in here.people)
    here.leave(alice)
    await asyncio.sleep(0.2)
    assert "alice" in here.people
    here.leave(alice)
    await until(lambda: not here.people)
    here.stop()


async def test_who_loads_the_page_anew_has_not_left(alice: User) -> None:
    told: list[LayerMessage] = []
    here = process(told.append)
    await connect(here)
    here.enter(alice)
    await until(lambda: len(told) == 1)
    here.leave(alice)
    here.enter(alice)
    await asyncio.sleep(0.2)
    assert len(told) == 1
    here.stop()


async def test_the_people_of_a_process_that_was_killed_are_gone_after_a_lease(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "LEASE_SECONDS", 0.5)
    here, there = process(), process()
    await connect(here)
    cut = await connect(there)
    here.enter(alice)
    there.enter(bob)
    await until(lambda: list(here.people) == ["alice", "bob"])
    assert there._keeping is not None
    there._keeping.cancel()  # as SIGKILL does
    cut()
    await until(lambda: list(here.people) == ["alice"])
    here.stop()


async def test_a_crowd_that_comes_at_once_is_told_of_together() -> None:
    told: list[LayerMessage] = []
    here = process(told.append)
    await connect(here)
    crowd = [User(username=f"user-{number}") for number in range(300)]
    for user in crowd:
        here.enter(user)
    await until(lambda: len(here._known) == 300)
    assert len(told) == 1
    assert '"count":300' in told[0]["text"]
    assert told[0]["text"].count('"author"') == 100
    here.stop()
