from typing import Any, ClassVar

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db.models import Count, Model, QuerySet
from django.forms import BaseModelForm, ModelForm

from accounts.models import User
from chat import services
from chat.models import Message, Room
from realtime.crud import CRUDConsumer, ListConsumer
from realtime.model_consumer import Action

from .clients import Visit


class Groups(ListConsumer):
    queryset = Group.objects.exclude(name="hidden")
    fields = ["name"]
    page_size = 2


class OpenGroups(CRUDConsumer):
    """Anybody may write, but nobody may touch the staff."""

    queryset: ClassVar[QuerySet[Any]] = Groups.queryset
    fields = ["name", "permissions"]
    editable = ["name", "permissions"]

    def may(self, action: Action, instance: Model | None = None) -> bool:
        return not (
            action != "retrieve" and isinstance(instance, Group) and instance.name == "staff"
        )


@pytest.fixture
def groups(transactional_db: None) -> list[Group]:
    return [Group.objects.create(name=name) for name in ("a", "b", "hidden", "c", "d", "e")]


async def names() -> set[str]:
    return {name async for name in Group.objects.values_list("name", flat=True)}


# Reading


@pytest.mark.parametrize(("ordering", "expected"), [("pk", "ab cd e"), ("-pk", "ed cb a")])
async def test_pages_are_bounded_and_hold_each_object_once(
    visit: Visit, groups: list[Group], ordering: Any, expected: str
) -> None:
    class Ordered(Groups):
        pass

    Ordered.ordering = ordering
    client = await visit(Ordered.as_asgi())
    pages: list[str] = []
    following = None
    while following is not None or not pages:
        page = await client.ask("object.list", limit=1000, after=following)
        pages.append("".join(one["name"] for one in page["objects"]))
        following = page["next"]
    assert " ".join(pages) == expected


async def test_a_client_may_ask_for_smaller_pages(visit: Visit, groups: list[Group]) -> None:
    client = await visit(Groups.as_asgi())
    page = await client.ask("object.list", limit=1)
    assert page["objects"] == [{"pk": groups[0].pk, "name": "a"}]
    assert page["next"] == groups[0].pk
    assert (await client.ask("object.list", limit=0))["code"] == "bad_command"


async def test_what_is_deleted_between_pages_hides_nothing_else(
    visit: Visit, groups: list[Group]
) -> None:
    client = await visit(Groups.as_asgi())
    page = await client.ask("object.list")
    await Group.objects.filter(name__in=["a", "b"]).adelete()
    page = await client.ask("object.list", after=page["next"])
    assert [one["name"] for one in page["objects"]] == ["c", "d"]


NO_PKS = [0, -1, 10**30, "abc", "", "1\0", "1 OR 1=1", "9" * 400]


@pytest.mark.parametrize("pk", NO_PKS)
async def test_what_is_no_primary_key_is_not_found(
    visit: Visit, groups: list[Group], pk: object
) -> None:
    client = await visit(OpenGroups.as_asgi())
    for command in ("object.retrieve", "object.delete"):
        assert (await client.ask(command, pk=pk))["code"] == "not_found"
    assert (await client.ask("object.update", pk=pk, values={}))["code"] == "not_found"
    answer = await client.ask("object.list", after=pk)
    assert answer.get("code") in (None, "not_found")


async def everything(client: Any) -> Any:
    return (await client.ask("object.list"))["objects"]


async def test_an_object_is_read_by_its_primary_key(visit: Visit, groups: list[Group]) -> None:
    client = await visit(Groups.as_asgi())
    answer = await client.ask("object.retrieve", pk=groups[1].pk)
    assert answer["object"] == {"pk": groups[1].pk, "name": "b"}
    answer = await client.ask("object.retrieve", pk=str(groups[1].pk))
    assert answer["object"]["name"] == "b"


async def test_objects_outside_the_queryset_do_not_exist(visit: Visit, groups: list[Group]) -> None:
    client = await visit(OpenGroups.as_asgi())
    pk = groups[2].pk
    for command, fields in (
        ("object.retrieve", {}),
        ("object.update", {"values": {"name": "seen"}}),
        ("object.delete", {}),
    ):
        assert (await client.ask(command, pk=pk, **fields))["code"] == "not_found"
    assert "hidden" in await names()


async def test_a_connection_may_have_objects_of_its_own(
    visit: Visit, alice: User, bob: User
) -> None:
    class Me(ListConsumer):
        queryset = User.objects.all()
        fields = ["username"]

        def get_queryset(self) -> QuerySet[Any]:
            return super().get_queryset().filter(pk=self.scope["user"].pk)

    client = await visit(Me.as_asgi(), user=alice)
    assert (await client.ask("object.list"))["objects"] == [{"pk": alice.pk, "username": "alice"}]
    assert (await client.ask("object.retrieve", pk=bob.pk))["code"] == "not_found"


async def test_fields_of_any_kind_are_json(visit: Visit, alice: User, room: Room) -> None:
    class Messages(ListConsumer):
        queryset = Message.objects.annotate(likes=Count("room"))
        fields = ["room", "client_id", "body", "created_at", "likes", "BODY_MAX_LENGTH"]

    message = await database_sync_to_async(services.message_send)(
        author=alice, room=room, body="hello"
    )
    client = await visit(Messages.as_asgi())
    assert await everything(client) == [
        {
            "pk": message.pk,
            "room": room.pk,
            "client_id": str(message.client_id),
            "body": "hello",
            "created_at": message.created_at.isoformat().replace("+00:00", "Z"),
            "likes": 1,
            "BODY_MAX_LENGTH": 10_000,
        }
    ]


@pytest.mark.parametrize("name", ["nope", "messages"])
def test_a_field_that_is_not_there_fails_at_definition(name: str) -> None:
    with pytest.raises(TypeError, match=f"Room has no field '{name}'"):
        type("Rooms", (ListConsumer,), {"queryset": Room.objects.all(), "fields": [name]})


# Writing


async def test_an_object_is_created_changed_and_deleted(visit: Visit, groups: list[Group]) -> None:
    client = await visit(OpenGroups.as_asgi())
    created = (await client.ask("object.create", values={"name": "f"}))["object"]
    assert created == {"pk": created["pk"], "name": "f", "permissions": []}
    some = [pk async for pk in Permission.objects.values_list("pk", flat=True)[:2]]
    answer = await client.ask("object.update", pk=created["pk"], values={"permissions": some})
    assert answer["object"] == {"pk": created["pk"], "name": "f", "permissions": some}
    answer = await client.ask("object.update", pk=created["pk"], values={"name": "g"})
    assert answer["object"] == {"pk": created["pk"], "name": "g", "permissions": some}
    assert (await client.ask("object.delete", pk=created["pk"]))["type"] == "ok"
    assert (await client.ask("object.delete", pk=created["pk"]))["code"] == "not_found"


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "a"}, "name"),
        ({"name": "nul \0"}, "name"),
        ({"name": "x" * 151}, "name"),
        ({"name": "new", "permissions": [10**9]}, "permissions"),
        ({"name": "new", "permissions": "all"}, "permissions"),
        ({"name": "new", "id": 1}, "id"),
    ],
)
async def test_values_that_do_not_do_are_named_and_nothing_is_stored(
    visit: Visit, groups: list[Group], values: dict[str, object], wrong: str
) -> None:
    client = await visit(OpenGroups.as_asgi())
    before = await names()
    answer = await client.ask("object.create", values=values)
    assert (answer["code"], list(answer["fields"])) == ("invalid", [wrong])
    assert all(isinstance(message, str) for message in answer["fields"][wrong])
    if values:
        answer = await client.ask("object.update", pk=groups[1].pk, values=values)
        assert (answer["code"], list(answer["fields"])) == ("invalid", [wrong])
    assert await names() == before


async def test_an_update_is_checked_together_with_what_it_does_not_change(
    visit: Visit, transactional_db: None
) -> None:
    class Permissions(OpenGroups):
        queryset = Permission.objects.all()
        fields = ["codename"]
        editable = ["codename"]

    add = await Permission.objects.aget(codename="add_room")
    client = await visit(Permissions.as_asgi())
    answer = await client.ask("object.update", pk=add.pk, values={"codename": "view_room"})
    assert (answer["code"], list(answer["fields"])) == ("invalid", ["__all__"])
    await add.arefresh_from_db()
    assert add.codename == "add_room"


class Names(OpenGroups):
    queryset = User.objects.all()
    fields = ["first_name", "last_name"]
    editable = ["first_name", "last_name"]


async def test_updates_of_different_fields_at_once_both_stay(visit: Visit, alice: User) -> None:
    clients = [await visit(Names.as_asgi()) for _ in range(4)]
    for number in range(10):
        for client, field in zip(clients, ["first_name", "last_name"] * 2, strict=True):
            values = {field: f"{field} {number}"}
            await client.send(
                {"type": "object.update", "id": "1", "pk": alice.pk, "values": values}
            )
        for client in clients:
            assert (await client.receive())["type"] == "ok"
        await alice.arefresh_from_db()
        assert alice.get_full_name() == f"first_name {number} last_name {number}"


async def test_a_form_of_the_consumers_own_has_the_last_word(
    visit: Visit, transactional_db: None
) -> None:
    class PoliteForm(ModelForm):  # type: ignore[type-arg]
        class Meta:
            model = Group
            fields = ["name"]

        def clean_name(self) -> str:
            name: str = self.cleaned_data["name"]
            if name.isupper():
                raise ValidationError("Do not shout.")
            return name

    class Polite(OpenGroups):
        form_class = PoliteForm

    client = await visit(Polite.as_asgi())
    answer = await client.ask("object.create", values={"name": "LOUD"})
    assert answer["fields"] == {"name": ["Do not shout."]}
    assert (await client.ask("object.create", values={"name": "soft"}))["type"] == "ok"


async def test_without_a_form_nothing_is_written(visit: Visit, groups: list[Group]) -> None:
    class Fixed(OpenGroups):
        form_class = None

    client = await visit(Fixed.as_asgi())
    answer = await client.ask("object.create", values={"name": "new"})
    assert answer["code"] == "not_allowed"
    answer = await client.ask("object.update", pk=groups[0].pk, values={"name": "new"})
    assert answer["code"] == "not_allowed"


class Served(OpenGroups):
    """Writes through services, which fail in their own ways."""

    def perform_create(self, form: BaseModelForm[Any]) -> Model:
        name = form.cleaned_data["name"]
        created = Group.objects.create(name=f"served {name}")
        match name:
            case "clash":
                Group.objects.create(name="a")
            case "object":
                raise ValidationError({"name": ["No objects."]})
            case "refuse":
                raise ValidationError("Not today.")
            case "crash":
                raise ZeroDivisionError
        return created


@pytest.mark.parametrize(
    ("name", "code", "fields"),
    [
        ("clash", "conflict", None),
        ("object", "invalid", {"name": ["No objects."]}),
        ("refuse", "invalid", {"__all__": ["Not today."]}),
        ("crash", "server_error", None),
    ],
)
async def test_what_a_service_refuses_is_told_and_rolled_back(
    visit: Visit, groups: list[Group], name: str, code: str, fields: object
) -> None:
    client = await visit(Served.as_asgi())
    before = await names()
    answer = await client.ask("object.create", values={"name": name})
    assert (answer["code"], answer.get("fields")) == (code, fields)
    assert await names() == before
    answer = await client.ask("object.create", values={"name": "well"})
    assert answer["object"]["name"] == "served well"


async def test_what_is_written_out_of_sight_is_not_shown(visit: Visit, groups: list[Group]) -> None:
    class Hiding(OpenGroups):
        queryset = Group.objects.exclude(name__startswith="hidden")

    client = await visit(Hiding.as_asgi())
    answer = await client.ask("object.create", values={"name": "hidden too"})
    assert answer["object"] is None


# Permissions


class Guarded(CRUDConsumer):
    queryset = Group.objects.all()
    fields = ["name"]
    editable = ["name"]


WRITES: list[tuple[str, str]] = [
    ("object.create", "add_group"),
    ("object.update", "change_group"),
    ("object.delete", "delete_group"),
]


@pytest.mark.parametrize(("command", "codename"), WRITES)
async def test_by_default_all_may_read_and_writing_needs_the_permission_of_the_model(
    visit: Visit, groups: list[Group], alice: User, bob: User, command: str, codename: str
) -> None:
    await alice.user_permissions.aadd(await Permission.objects.aget(codename=codename))
    fields: dict[str, object] = {"values": {"name": "new"}, "pk": groups[0].pk}
    nobody = await visit(Guarded.as_asgi())
    alices = await visit(Guarded.as_asgi(), user=alice)
    bobs = await visit(Guarded.as_asgi(), user=bob)
    for client in (nobody, bobs):
        assert len(await everything(client)) == 6
        assert (await client.ask(command, **fields))["code"] == "not_allowed"
        assert await names() == {group.name for group in groups}
    assert (await alices.ask(command, **fields))["type"] == "ok"
    assert await names() != {group.name for group in groups}


async def test_permissions_may_be_about_the_object(visit: Visit, groups: list[Group]) -> None:
    staff = await Group.objects.acreate(name="staff")
    client = await visit(OpenGroups.as_asgi())
    assert (await client.ask("object.retrieve", pk=staff.pk))["type"] == "ok"
    for command in ("object.update", "object.delete"):
        answer = await client.ask(command, pk=staff.pk, values={"name": "x"})
        assert answer["code"] == "not_allowed"
    assert "staff" in await names()
