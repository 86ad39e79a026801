import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.exceptions import InvalidChannelLayerError
from channels.layers import (
    BaseChannelLayer,
    InMemoryChannelLayer,
    channel_layers,
    get_channel_layer,
)
from redis import Redis

from realtime import groups
from realtime.groups import Channel, Group, group_name
from realtime.layers import PubSubLayer
from realtime.types import Message

from .layers import AnyLayer, said, until
from .redis import PrivateRedis

NAMES = [
    "General",
    "general",
    "gen eral",
    "gen-eral",
    "gen.eral",
    "café",
    "cafe",
    "茶 🍰",
    "",
    "x" * 500,
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_makes_a_group_that_channels_accepts(name: str) -> None:
    BaseChannelLayer().require_valid_group_name(group_name("chat", name))


def test_names_that_differ_in_anything_have_groups_of_their_own() -> None:
    names = [*NAMES, "x" * 499 + "y"]
    assert len({group_name("chat", name) for name in names}) == len(names)


def test_the_same_name_is_the_same_group_in_every_process() -> None:
    # Written down, because processes of two releases run side by side during a deploy.
    assert group_name("chat", "General") == "chat.General.24d8f40afcdd89b920473fc4dcf19348"


def test_kinds_do_not_share_groups() -> None:
    assert group_name("chat", 1) != group_name("tasks", 1)


# Channels and groups as objects


@pytest.mark.parametrize("kind", [Channel, Group])
@pytest.mark.parametrize("name", ["", "a b", "café", "room\n", "x" * 100, None, 7])
def test_a_name_that_channels_refuses_is_a_clear_error(
    kind: type[Channel] | type[Group], name: Any
) -> None:
    with pytest.raises(ValueError, match="is no name of a"):
        kind(name)


def test_channels_of_one_process_have_names_too() -> None:
    assert Channel("specific.inmemory!abc").name == "specific.inmemory!abc"
    with pytest.raises(ValueError, match="is no name of a group"):
        Group("specific.inmemory!abc")


def test_channels_and_groups_are_values() -> None:
    assert {Group("room"), Group("room"), Group("room", alias="queue")} == {
        Group("room"),
        Group("room", "queue"),
    }
    with pytest.raises(FrozenInstanceError):
        Channel("tasks").name = "other"  # type: ignore[misc]


async def test_a_message_without_a_type_is_sent_nowhere() -> None:
    for target in (Channel("tasks"), Group("room")):
        with pytest.raises(ValueError, match="needs a `type`"):
            await target.asend({"number": 1})


async def test_a_layer_that_is_not_configured_is_named() -> None:
    with pytest.raises(InvalidChannelLayerError, match="'nope'"):
        await Group("room", alias="nope").asend(said(1))


async def test_a_group_reaches_the_channels_that_were_added() -> None:
    layer = get_channel_layer()
    names = [await layer.new_channel() for _ in range(3)]
    group = Group("room")
    await group.aadd(names[0])
    await sync_to_async(group.add)(Channel(names[1]))
    await group.aadd(names[2])
    await sync_to_async(group.discard)(names[2])
    await group.asend(said(1))
    assert [await layer.receive(name) for name in names[:2]] == [said(1), said(1)]
    await group.adiscard(Channel(names[0]))
    await group.asend(said(2))
    assert await layer.receive(names[1]) == said(2)
    for name in (names[0], names[2]):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(layer.receive(name), 0.05)


async def test_channels_of_another_layer_cannot_be_added() -> None:
    with pytest.raises(ValueError, match="another layer"):
        await Group("room").aadd(Channel("tasks", alias="queue"))


async def test_a_named_layer_gets_what_is_sent_to_it() -> None:
    await Channel("tasks", alias="queue").asend(said(1))
    assert await get_channel_layer("queue").receive("tasks") == said(1)


# From synchronous code


@pytest.mark.parametrize("time", ["first", "second"])
async def test_views_commands_and_workers_publish_in_one_test_after_another(
    layer: AnyLayer, time: str
) -> None:
    heard: list[Message] = []
    await layer.listen("room", heard.append)
    send = Group("room").send

    def command(number: int) -> None:
        async_to_sync(sync_to_async(int))()  # leaves a loop noted that has ended
        send(said(number))

    await sync_to_async(send)(said(1))  # a view
    await sync_to_async(send, thread_sensitive=False)(said(2))  # a task
    await asyncio.to_thread(command, 3)
    with ThreadPoolExecutor() as others:
        await asyncio.wrap_future(others.submit(command, 4))
    await until(lambda: len(heard) == 4)
    assert heard == [said(number) for number in (1, 2, 3, 4)]


class LoopNotingLayer(InMemoryChannelLayer):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.loops: list[asyncio.AbstractEventLoop] = []

    async def send(self, channel: str, message: Message) -> None:
        self.loops.append(asyncio.get_running_loop())
        await super().send(channel, message)


async def test_the_memory_of_the_queue_is_fed_on_the_loop_that_serves() -> None:
    layer = LoopNotingLayer()
    channel_layers.set("queue", layer)
    await sync_to_async(Channel("tasks", alias="queue").send)(said(1))
    assert layer.loops == [asyncio.get_running_loop()]
    assert await layer.receive("tasks") == said(1)


async def test_sending_synchronously_on_a_loop_is_refused_at_once() -> None:
    with pytest.raises(RuntimeError, match="await"):
        Group("room").send(said(1))


def test_fifty_sends_from_synchronous_code_use_one_connection(
    redis_layer: PubSubLayer, private_redis: PrivateRedis
) -> None:
    with Redis.from_url(private_redis.url) as client:
        before = len(client.client_list())
        for number in range(50):
            Group("room").send(said(number))
        assert len(client.client_list()) == before + 1
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda n: Group("room").send(said(n)), range(50)))
        assert len(client.client_list()) == before + 1


class SilentLayer(BaseChannelLayer):  # type: ignore[misc]
    async def group_send(self, group: str, message: Message) -> None:
        await asyncio.Event().wait()


async def test_a_layer_that_never_answers_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "PUBLISH_SECONDS", 0.05)
    channel_layers.set("default", SilentLayer())
    with pytest.raises(TimeoutError):
        await Group("room").asend(said(1))
    with pytest.raises(TimeoutError):
        await sync_to_async(Group("room").send)(said(1))
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(Group("room").send, said(1))


FORKING = """
import os, sys
import django
django.setup()
from realtime.groups import Group
Group("room").send({"type": "said", "number": 1})
child = os.fork()
if child == 0:
    Group("room").send({"type": "said", "number": 2})
    sys.exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


async def test_a_process_that_was_forked_publishes_too(
    redis_layer: PubSubLayer, private_redis: PrivateRedis, site_folder: Path
) -> None:
    heard: list[int] = []
    listening = PubSubLayer(hosts=[private_redis.url])
    await listening.listen("room", lambda message: heard.append(message["number"]))
    environment = {"REDIS_URL": private_redis.url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    process = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-X", "dev", "-c", FORKING],
        cwd=site_folder,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=60,
    )
    errors = process.stderr.decode()
    assert process.returncode == 0, errors
    assert "ResourceWarning" not in errors
    await until(lambda: heard == [1, 2])
