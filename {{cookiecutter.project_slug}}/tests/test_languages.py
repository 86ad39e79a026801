"""Everybody is told things in their own language, whichever way they come."""

import asyncio
import json
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.timezone import now
from pytest_django import Settings

from accounts.models import User
from chat.models import Room
from chat.tests.http import request
from chat.tests.sockets import hear, send
from conftest import Connect
from realtime.testing import PatientCommunicator

ROOM = "/ws/chat/general/"
NEEDS_TEXT = {"de": "Eine Nachricht braucht Text.", "en": "A message needs some text."}
ARCHIVED = {"de": "Dieser Raum ist archiviert.", "en": "This room is archived."}


@pytest.fixture(autouse=True)
def site_language(request: pytest.FixtureRequest, settings: Settings) -> str:
    """The site's own is French, or what a test says."""
    language: str = getattr(request, "param", "fr")
    settings.LANGUAGE_CODE = language
    settings.LANGUAGES = [(code, code) for code in ("de", "en", "fr")]
    return language


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("de", "Neu hier?"), ("en", "New here?")])
def test_a_page_is_in_the_language_of_its_reader(client: Client, language: str, words: str) -> None:
    page = client.get("/accounts/login/", headers={"accept-language": language}).content.decode()
    assert words in page
    assert f'<html lang="{language}"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("site_language", ["de", "en", "fr"], indirect=True)
def test_a_page_is_in_the_sites_language_for_who_asks_for_no_other(
    client: Client, site_language: str
) -> None:
    page = client.get("/accounts/login/", headers={"accept-language": "xx"}).content.decode()
    assert f'<html lang="{site_language}"' in page
    assert {"de": "Passwort", "en": "Password", "fr": "Mot de passe"}[site_language] in page


async def enter(connect: Connect, user: User, language: str) -> PatientCommunicator:
    socket = await connect(ROOM, user, language)
    await hear(socket)
    return socket


async def test_a_socket_speaks_the_language_of_its_browser(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    hers, his = await enter(connect, alice, "de"), await enter(connect, bob, "en")
    assert (await send(hers, " "))["message"] == NEEDS_TEXT["de"]
    assert (await send(his, " "))["message"] == NEEDS_TEXT["en"]


@pytest.mark.parametrize("language", ["de", "en"])
async def test_a_stream_speaks_the_language_of_its_socket(
    alice: User, room: Room, connect: Connect, language: str
) -> None:
    socket = await connect("/ws/", alice, language)
    await socket.send_json_to({"stream": "chat/general", "event": "open"})
    command = {"type": "message.send", "id": "1", "client_id": str(uuid4()), "body": " "}
    await socket.send_json_to({"stream": "chat/general", "payload": command})
    while (frame := await socket.receive_json_from()).get("payload", {}).get("ref") != "1":
        pass
    assert frame["payload"]["message"] == NEEDS_TEXT[language]


@pytest.mark.parametrize("language", ["de", "en"])
async def test_a_posted_command_is_answered_in_the_language_of_its_browser(
    alice: User, room: Room, language: str
) -> None:
    command = {"type": "message.send", "id": "1", "client_id": str(uuid4()), "body": " "}
    frame = json.dumps({"stream": "chat/general", "payload": command}).encode()
    headers = {"origin": "http://testserver", "accept_language": language}
    client = await request("/ws/commands/", alice, "POST", frame, **headers)
    response = await client.get_response()
    assert json.loads(response["body"])["payload"]["message"] == NEEDS_TEXT[language]


async def test_those_whose_messages_are_written_together_are_refused_in_their_own_languages(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    room.archived_at = now()
    await room.asave()
    hers, his = await enter(connect, alice, "de"), await enter(connect, bob, "en")
    refusals = await asyncio.gather(send(hers, "Hallo"), send(his, "Hello"))
    assert [refusal["message"] for refusal in refusals] == [ARCHIVED["de"], ARCHIVED["en"]]


@pytest.mark.parametrize("site_language", ["de", "en"], indirect=True)
async def test_what_everybody_reads_is_in_the_sites_language(
    alice: User, room: Room, connect: Connect, site_language: str
) -> None:
    socket = await enter(connect, alice, "en" if site_language == "de" else "de")
    assert (await send(socket, "/name Ann"))["type"] == "ok"
    said = {"de": "heißt jetzt Ann", "en": "is called Ann now"}
    assert (await room.messages.aget()).body == said[site_language]
