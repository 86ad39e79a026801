import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat import queries, services
from chat.models import Attachment, Message, Room


@pytest.fixture
def signed_in(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


@pytest.mark.parametrize("path", ["/", "/rooms/general/"])
def test_pages_are_for_those_who_are_signed_in(client: Client, room: Room, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"


def test_a_room_shows_its_newest_messages_oldest_first(
    signed_in: Client, alice: User, room: Room
) -> None:
    for number in range(queries.HISTORY + 1):
        services.message_send(author=alice, room=room, body=f"number {number}")
    shown = signed_in.get("/rooms/general/").context["chat_messages"]
    assert [message.seq for message in shown] == list(range(2, queries.HISTORY + 2))


def test_what_people_type_is_text(signed_in: Client, alice: User, room: Room) -> None:
    services.message_send(author=alice, room=room, body="<script>alert(1)</script>")
    page = signed_in.get("/rooms/general/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_messages_can_be_posted_without_javascript(signed_in: Client, room: Room) -> None:
    response = signed_in.post("/rooms/general/", {"body": "by form"}, follow=True)
    assert "by form" in response.content.decode()


def test_an_empty_post_is_refused_and_stores_nothing(signed_in: Client, room: Room) -> None:
    assert signed_in.post("/rooms/general/", {"body": " "}).status_code == 400
    assert not Message.objects.exists()


def test_pages_run_no_inline_script(signed_in: Client, room: Room) -> None:
    assert (
        "default-src 'self'" in signed_in.get("/rooms/general/").headers["Content-Security-Policy"]
    )


def test_sample_data_can_be_loaded_twice(transactional_db: None, settings: Settings) -> None:
    settings.DEBUG = True
    call_command("sample_data")
    messages = Message.objects.count()
    call_command("sample_data")
    assert User.objects.count() == 3
    assert Message.objects.count() == messages > 10
    assert not Attachment.objects.filter(has_thumbnail=False).exists()


def test_sample_data_keeps_out_of_production(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError):
        call_command("sample_data")
