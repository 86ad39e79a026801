"""What both layers of this site promise."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import channel_layers

from realtime import departures
from realtime.groups import Group
from realtime.layers import InMemoryLayer, PubSubLayer
from realtime.testing import PatientCommunicator
from realtime.types import Message

from .layers import said, until

type AnyLayer = PubSubLayer | InMemoryLayer


@pytest.fixture(params=["redis", "memory"])
def layer(request: pytest.FixtureRequest) -> AnyLayer:
    if request.param == "redis":
        redis_layer: PubSubLayer = request.getfixturevalue("redis_layer")
        return redis_layer
    memory = InMemoryLayer(capacity=10_000)
    channel_layers.set("default", memory)
    return memory


async def test_a_thousand_publishes_in_one_turn_arrive_once_and_in_order(layer: AnyLayer) -> None:
    heard: list[int] = []
    await layer.listen("room", lambda message: heard.append(message["number"]))
    await asyncio.gather(*(layer.group_send("room", said(n)) for n in range(1000)))
    await until(lambda: len(heard) >= 1000)
    await asyncio.sleep(0.05)
    assert heard == list(range(1000))


async def test_channels_and_listeners_of_one_group_hear_the_same(layer: AnyLayer) -> None:
    heard: list[Message] = []
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    stop = await layer.listen("room", heard.append)
    await layer.group_send("room", said(1))
    assert await layer.receive(channel) == said(1)
    await until(lambda: heard == [said(1)])
    stop()
    await layer.group_send("room", said(2))
    assert await layer.receive(channel) == said(2)
    await layer.group_discard("room", channel)
    await layer.listen("room", heard.append)
    await layer.group_send("room", said(3))
    await until(lambda: heard == [said(1), said(3)])


async def test_a_message_is_decoded_once_for_all_who_listen(layer: AnyLayer) -> None:
    heard: list[Message] = []
    for _ in range(3):
        await layer.listen("room", heard.append)
    await layer.group_send("room", said(1))
    await until(lambda: len(heard) == 3)
    assert len({id(message) for message in heard}) == 1


async def test_a_listener_that_fails_keeps_nothing_from_the_others(
    layer: AnyLayer, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Message] = []

    def fail(message: Message) -> None:
        raise ZeroDivisionError

    await layer.listen("room", fail)
    await layer.listen("room", heard.append)
    for number in (1, 2):
        await layer.group_send("room", said(number))
    await until(lambda: heard == [said(1), said(2)])
    assert "ZeroDivisionError" in caplog.text


async def test_what_a_thread_publishes_is_heard(layer: AnyLayer) -> None:
    heard: list[Message] = []
    await layer.listen("room", heard.append)
    await sync_to_async(Group("room").send)(said(1))
    await sync_to_async(Group("room").send, thread_sensitive=False)(said(2))
    await until(lambda: heard == [said(1), said(2)])


async def test_loops_of_one_process_hear_each_other(layer: AnyLayer) -> None:
    here: list[Message] = []
    there: list[Message] = []

    async def elsewhere() -> None:
        stop = await layer.listen("room", there.append)
        await layer.group_send("room", said(1))
        await until(lambda: len(there) == 1)
        stop()

    await layer.listen("room", here.append)
    await asyncio.to_thread(asyncio.run, elsewhere())
    await until(lambda: len(here) == 1)
    await layer.group_send("room", said(2))
    await until(lambda: len(here) == 2)
    assert there == [said(1)]


def test_a_command_publishes_again_and_again(layer: AnyLayer) -> None:
    for number in range(3):
        async_to_sync(layer.group_send)("room", said(number))
    assert not getattr(layer, "_layers", {})


async def test_nothing_is_left_of_a_thousand_who_listened(layer: AnyLayer) -> None:
    tasks = len(asyncio.all_tasks())
    for number in range(1000):
        (await layer.listen(f"room-{number % 100}", lambda _: None))()
    inside: Any = layer._get_layer() if isinstance(layer, PubSubLayer) else layer
    if isinstance(layer, PubSubLayer):
        await until(lambda: not inside._shards[0]._subscriber._sent)
        assert not inside._listeners._groups
        assert len(asyncio.all_tasks()) <= tasks + 3  # the reader, the writer, and who starts them
        await layer.flush()
    else:
        assert not any(listeners._groups for listeners in inside._listeners.values())
    assert len(asyncio.all_tasks()) == tasks


async def test_a_consumer_that_crashed_does_not_stay_in_its_groups(
    layer: AnyLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departures, "PATIENCE_SECONDS", 0)
    for _ in range(2):
        channel = await layer.new_channel()
        await layer.group_add("room", channel)
        receiving = asyncio.ensure_future(layer.receive(channel))
        await asyncio.sleep(0)
        receiving.cancel()
        await asyncio.wait([receiving])
    await layer.group_send("room", said(1))
    assert not any(layer.groups.values())


async def test_a_consumer_that_ends_while_a_message_waits_for_it_leaves_no_channel(
    redis_layer: PubSubLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departures, "PATIENCE_SECONDS", 0)

    async def consumer() -> None:
        channel = await redis_layer.new_channel()
        await redis_layer.send(channel, said(1))
        await until(lambda: not redis_layer.channels[channel].empty())

    await asyncio.create_task(consumer())
    await until(lambda: not redis_layer.channels)
    await until(lambda: not redis_layer._get_layer()._shards[0]._subscriber._wanted)


async def test_a_stalled_channel_of_the_memory_layer_stays_in_its_groups() -> None:
    layer = InMemoryLayer(expiry=0)
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    await layer.group_send("room", said(1))
    await asyncio.sleep(0.01)
    await layer.group_send("room", said(2))  # finds the first expired
    assert channel in layer.groups["room"]


async def test_what_is_posted_arrives_once_in_order_and_among_what_is_sent(layer: AnyLayer) -> None:
    heard: list[int] = []
    await layer.listen("room", lambda message: heard.append(message["number"]))
    for number in range(3000):  # more than wait for one pipeline
        await layer.group_post("room", said(number))
        if number % 500 == 0:
            await layer.group_send("room", said(-number))
    await until(lambda: len(heard) >= 3006)
    positives = [number for number in heard if number > 0]
    assert positives == sorted(positives)
    assert heard.index(-500) == heard.index(500) + 1


@pytest.mark.django_db  # Channels closes old connections around each message
async def test_a_plain_consumer_that_fails_on_a_group_message_leaves_its_groups(
    layer: AnyLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(AsyncWebsocketConsumer):  # type: ignore[misc]
        groups = ["room"]

        async def said(self, message: Message) -> None:
            raise ZeroDivisionError

    monkeypatch.setattr(departures, "PATIENCE_SECONDS", 0)
    socket = PatientCommunicator(Failing.as_asgi(), "/")
    await socket.connect()
    await layer.group_send("room", said(1))
    await until(socket.future.done)
    await until(lambda: not any(layer.groups.values()) and not layer.channels)
