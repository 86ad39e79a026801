import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model

from accounts.models import User
from chat.models import Message, Room
from realtime import close_codes
from realtime.crud import CRUDConsumer
from realtime.layers import PubSubLayer
from realtime.model_consumer import Action
from realtime.subscriptions import ModelSubscribeConsumer, ObjectSubscribeConsumer

from .clients import Client, Visit
from .layers import AnyLayer, listened_to
from .redis import PrivateRedis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("layer")]


class OneGroup(ObjectSubscribeConsumer):
    queryset = Group.objects.exclude(name__startswith="hidden")
    fields = ["name"]

    def may(self, action: Action, instance: Model | None = None) -> bool:
        return not (isinstance(instance, Group) and instance.name == "secret")


class AllGroups(ModelSubscribeConsumer):
    queryset = Group.objects.exclude(name__startswith="hidden")
    fields = ["name"]
    encoded = 0

    @classmethod
    def serialize(cls, instance: Model) -> dict[str, object]:
        cls.encoded += 1
        return super().serialize(instance)


class Private(AllGroups):
    def may(self, action: Action, instance: Model | None = None) -> bool:
        return action != "subscribe"


class Both(AllGroups, CRUDConsumer):
    editable = ["name"]

    def may(self, action: Action, instance: Model | None = None) -> bool:
        return True


class Messages(ModelSubscribeConsumer):
    queryset = Message.objects.all()
    fields = ["body"]


async def follow(visit: Visit, group: Group | int | str) -> Client:
    """The page of one group, of which the current state has come."""
    pk = group.pk if isinstance(group, Group) else group
    client = await visit(OneGroup.as_asgi(), f"groups/{pk}", route="groups/<str:pk>")
    if isinstance(group, Group):
        expected = {"pk": group.pk, "name": group.name}
        assert await client.receive() == {"type": "object.current", "object": expected}
    return client


def event(kind: str, group: Group, name: str | None = None) -> dict[str, object]:
    expected: dict[str, object] = {"type": f"object.{kind}", "pk": group.pk}
    if name is not None:
        expected["object"] = {"pk": group.pk, "name": name}
    return expected


# All objects


async def test_who_follows_a_model_hears_what_is_created_updated_and_deleted(visit: Visit) -> None:
    clients = [await visit(AllGroups.as_asgi()) for _ in range(2)]
    group = await Group.objects.acreate(name="new")
    first = event("created", group, "new")
    group.name = "newer"
    await group.asave()
    second = event("updated", group, "newer")
    third = event("deleted", group)
    await group.adelete()
    for client in clients:
        assert [await client.receive() for _ in range(3)] == [first, second, third]
        assert await client.hears_nothing()


async def test_a_change_is_read_and_encoded_once_for_all_who_hear_it(
    visit: Visit, layer: AnyLayer
) -> None:
    published: list[dict[str, Any]] = []
    await layer.listen(AllGroups.group_for().name, published.append)
    clients = [await visit(AllGroups.as_asgi()) for _ in range(5)]
    AllGroups.encoded = 0
    await Group.objects.acreate(name="new")
    for client in clients:
        await client.receive()
    assert (AllGroups.encoded, len(published)) == (1, 1)


async def test_what_is_outside_the_queryset_is_not_told_until_it_enters(visit: Visit) -> None:
    client = await visit(AllGroups.as_asgi())
    group = await Group.objects.acreate(name="hidden")
    for name in ("hidden still", "seen", "seen still", "hidden again", "hidden at last"):
        group.name = name
        await group.asave()
    assert await client.receive() == event("created", group, "seen")
    assert await client.receive() == event("updated", group, "seen still")
    assert await client.receive() == event("deleted", group)
    await group.adelete()
    assert await client.hears_nothing()


async def test_who_may_not_follow_a_model_is_refused(visit: Visit) -> None:
    client = await visit(Private.as_asgi())
    assert await client.closed() == close_codes.NOT_ALLOWED


def test_a_queryset_for_each_connection_is_refused_since_events_could_not_go_by_it() -> None:
    with pytest.raises(TypeError, match="Mine tells everybody the same"):

        class Mine(ModelSubscribeConsumer):
            queryset = Group.objects.all()

            def get_queryset(self) -> Any:
                return super().get_queryset().filter(user=self.scope["user"])


# One object


async def test_who_follows_an_object_hears_of_it_and_of_no_other(visit: Visit) -> None:
    group, other = [await Group.objects.acreate(name=name) for name in ("one", "other")]
    client = await follow(visit, group)
    for name in ("two", "three"):
        group.name = other.name = name
        await group.asave()
        other.name = f"other {name}"
        await other.asave()
        assert await client.receive() == event("updated", group, name)
    gone = event("deleted", group)
    await other.adelete()
    await group.adelete()
    assert await client.receive() == gone


@pytest.mark.parametrize("pk", [0, "abc", "9" * 30, "hidden"])
async def test_an_object_that_is_not_there_is_refused(
    visit: Visit, pk: int | str, layer: AnyLayer
) -> None:
    if pk == "hidden":
        pk = (await Group.objects.acreate(name="hidden")).pk
    client = await follow(visit, pk)
    assert await client.closed() == close_codes.NOT_FOUND
    await client.leave()
    assert not listened_to(layer)


async def test_an_object_that_one_may_not_follow_is_refused(visit: Visit) -> None:
    client = await follow(visit, (await Group.objects.acreate(name="secret")).pk)
    assert await client.closed() == close_codes.NOT_ALLOWED


# Transactions


def atomically(*names: str, fail: bool = False) -> Group:
    """Create a group and rename it, in one transaction."""
    with transaction.atomic():
        group = Group.objects.create(name="new")
        for name in names:
            group.name = name
            group.save()
        if fail:
            raise ZeroDivisionError
    return group


async def test_what_is_rolled_back_is_not_told(visit: Visit) -> None:
    client = await visit(AllGroups.as_asgi())
    with pytest.raises(ZeroDivisionError):
        await sync_to_async(atomically)("renamed", fail=True)
    group = await sync_to_async(atomically)()
    assert await client.receive() == event("created", group, "new")
    assert await client.hears_nothing()


async def test_what_a_savepoint_takes_back_is_not_told(visit: Visit) -> None:
    def save_and_take_back() -> Group:
        with transaction.atomic():
            group = Group.objects.create(name="kept")
            try:
                with transaction.atomic():
                    Group.objects.create(name="taken back as well")
                    group.name = "taken back"
                    group.save()
                    raise ZeroDivisionError
            except ZeroDivisionError:
                return group

    client = await visit(AllGroups.as_asgi())
    group = await sync_to_async(save_and_take_back)()
    assert await client.receive() == event("created", group, "kept")
    assert await client.hears_nothing()


async def test_nothing_is_told_before_the_commit(visit: Visit) -> None:
    client = await visit(AllGroups.as_asgi())
    saved, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def save_slowly() -> Group:
        with transaction.atomic():
            group = Group.objects.create(name="new")
            loop.call_soon_threadsafe(saved.set)
            assert go_on.wait(20)
        return group

    saving = asyncio.ensure_future(sync_to_async(save_slowly)())
    await saved.wait()
    assert await client.hears_nothing()
    go_on.set()
    group = await saving
    assert await client.receive() == event("created", group, "new")


async def test_what_a_transaction_changed_is_told_as_it_came_out(visit: Visit) -> None:
    client = await visit(AllGroups.as_asgi())
    group = await sync_to_async(atomically)("renamed")
    assert await client.receive() == event("created", group, "renamed")
    assert await client.receive() == event("updated", group, "renamed")


# Ways to write


async def test_what_a_cascade_deletes_is_told(visit: Visit, alice: User, room: Room) -> None:
    client = await visit(Messages.as_asgi())
    message = await room.messages.acreate(author=alice, seq=1, body="hello")
    assert (await client.receive())["object"] == {"pk": message.pk, "body": "hello"}
    await room.adelete()
    assert await client.receive() == {"type": "object.deleted", "pk": message.pk}


async def test_writes_without_signals_are_not_seen_as_documented(visit: Visit) -> None:
    client = await visit(AllGroups.as_asgi())
    await Group.objects.abulk_create([Group(name="bulk")])
    await Group.objects.aupdate(name="updated")
    assert await client.hears_nothing()


def test_consumers_of_one_name_are_refused_since_their_groups_would_be_the_same() -> None:
    twin = {"__module__": __name__, "queryset": Group.objects.all()}
    with pytest.raises(TypeError, match=r"another .*AllGroups"):
        type("AllGroups", (ModelSubscribeConsumer,), twin)


@pytest.fixture
def proxy() -> Iterator[type[Group]]:
    class TallGroup(Group):
        class Meta:
            proxy = True
            app_label = "auth"

    yield TallGroup
    del apps.all_models["auth"]["tallgroup"]
    apps.clear_cache()


async def test_what_is_written_through_a_proxy_is_told(visit: Visit, proxy: type[Group]) -> None:
    attributes = {"queryset": proxy._default_manager.all(), "fields": ["name"]}
    tall: Any = type(f"Tall{uuid4().hex}", (ModelSubscribeConsumer,), attributes)
    client = await visit(tall.as_asgi())
    for model in (Group, proxy):
        group = await model._default_manager.acreate(name=model.__name__)
        created, deleted = event("created", group, model.__name__), event("deleted", group)
        await group.adelete()
        assert [await client.receive() for _ in range(2)] == [created, deleted]
    assert await client.hears_nothing()


async def test_one_consumer_may_write_and_follow(visit: Visit) -> None:
    client = await visit(Both.as_asgi())
    created = (await client.ask("object.create", values={"name": "new"}))["object"]
    assert await client.receive() == {
        "type": "object.created",
        "pk": created["pk"],
        "object": created,
    }


def test_commands_and_workers_load_the_consumers_so_that_they_tell_as_well(
    site_folder: Path,
) -> None:
    check = "import sys; sys.exit('chat.consumers' not in sys.modules)"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", check]
    assert subprocess.run(command, cwd=site_folder, timeout=60).returncode == 0


# Redis away


@pytest.mark.parametrize("layer", ["redis"], indirect=True)
async def test_a_layer_that_is_down_fails_no_write_and_followers_are_told_later(
    visit: Visit, layer: PubSubLayer, private_redis: PrivateRedis, caplog: pytest.LogCaptureFixture
) -> None:
    group, gone = [await Group.objects.acreate(name=name) for name in ("one", "gone")]
    everything = await visit(AllGroups.as_asgi())
    one, other = await follow(visit, group), await follow(visit, gone)
    private_redis.kill()
    try:
        group.name = "meanwhile"
        await group.asave()
        await gone.adelete()
    finally:
        await asyncio.to_thread(private_redis.start)
    assert await everything.receive() == {"type": "object.missed"}
    assert (await one.receive())["object"]["name"] == "meanwhile"
    assert await other.closed() == close_codes.NOT_FOUND
    assert "Error calling" in caplog.text  # as Django says of what fails after a commit
