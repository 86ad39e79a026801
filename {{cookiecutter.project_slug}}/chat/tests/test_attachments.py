"""Files on their way into a room, and out of it."""

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.db import transaction
from django.http import FileResponse
from django.test import AsyncClient, Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat import services, upkeep
from chat.models import Attachment, Membership, Message, Room
from realtime.database import on_database_thread
from realtime.errors import CommandError
from realtime.groups import Channel

from .files import SCRIPT, picture, upload

UPLOADS = "/rooms/general/attachments/"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def private(alice: User) -> Room:
    return services.room_create(name="Secret", owner=alice, kind=Room.Kind.PRIVATE)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def store(user: User, room: Room, name: str = "cat.png", data: bytes = b"") -> Attachment:
    content = upload(name, data or picture(size=(90, 60)))
    return services.attachment_create(user=user, room=room, upload=content)


def send(author: User, room: Room, *attachments: Attachment, body: str = "") -> Message:
    ids = [attachment.pk for attachment in attachments]
    return services.message_send(author=author, room=room, body=body, attachments=ids)


def stored_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def get(user: User, path: str) -> tuple[Any, bytes]:
    """The response, closed as by a server, and what was in it."""
    response = signed_in(user).get(path)
    content = response.getvalue()
    response.close()
    return response, content


def status(user: User, path: str) -> int:
    response, _content = get(user, path)
    return int(response.status_code)


# In


def test_an_upload_is_answered_with_what_a_message_will_show(alice: User, room: Room) -> None:
    response = signed_in(alice).post(UPLOADS, {"file": upload("cat.png", picture())})
    assert response.status_code == 201
    attachment = Attachment.objects.get()
    assert response.json() == {
        "id": str(attachment.pk),
        "name": "cat.png",
        "size": attachment.size,
        "content_type": "image/png",
        "url": f"/attachments/{attachment.pk}/",
        "width": 1200,
        "height": 800,
    }
    assert attachment.size == attachment.file.size


def test_a_file_is_sent_with_a_message_and_once(alice: User, room: Room) -> None:
    attachment = store(alice, room)
    message = send(alice, room, attachment, body="Look")
    assert message.attachments.get() == attachment
    with pytest.raises(CommandError):
        send(alice, room, attachment)
    assert message.attachments.get() == attachment


def test_files_of_others_and_of_other_rooms_cannot_be_sent(
    alice: User, bob: User, room: Room
) -> None:
    other = services.room_create(name="Other")
    for attachment in (store(bob, room), store(alice, other)):
        with pytest.raises(CommandError):
            send(alice, room, attachment)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("cat.png", SCRIPT, 400),
        ("empty.txt", b"", 400),
        ("big.bin", b"x" * 2001, 413),
    ],
)
def test_a_refused_file_is_told_why_and_not_kept(
    alice: User, room: Room, settings: Settings, media: Path, name: str, data: bytes, status: int
) -> None:
    settings.UPLOAD_MAX_BYTES = 2000
    response = signed_in(alice).post(UPLOADS, {"file": upload(name, data)})
    assert response.status_code == status
    assert response.json()["message"]
    assert not Attachment.objects.exists()
    assert stored_files(media) == []


def test_a_large_file_goes_through_a_temporary_one(
    alice: User, room: Room, settings: Settings, media: Path
) -> None:
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
    data = b"\0large" * 100_000
    response = signed_in(alice).post(UPLOADS, {"file": upload("data.bin", data)})
    assert response.status_code == 201
    with Attachment.objects.get().file.open() as file:
        assert file.read() == data


def test_one_has_so_many_unsent_files_and_no_more(
    alice: User, bob: User, room: Room, settings: Settings
) -> None:
    settings.UPLOADS_UNSENT = 2
    sent, kept = store(alice, room), store(alice, room)
    with pytest.raises(CommandError) as refusal:
        store(alice, room)
    assert refusal.value.code == "too_many"
    store(bob, room)
    send(alice, room, sent)
    services.attachment_discard(user=alice, pk=kept.pk)
    store(alice, room)
    store(alice, room)


def test_only_who_is_in_a_room_uploads_into_it(alice: User, bob: User, private: Room) -> None:
    path = f"{private.get_absolute_url()}attachments/"
    file = {"file": upload("cat.png", picture(size=(9, 9)))}
    assert signed_in(bob).post(path, file).status_code == 404
    assert Client().post(path, file).status_code == 302
    with pytest.raises(CommandError):
        store(bob, private)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(path, file).status_code == 403
    assert not Attachment.objects.exists()


def test_nothing_is_uploaded_into_an_archived_room(alice: User, room: Room) -> None:
    room.archived_at = timezone.now()
    room.save()
    response = signed_in(alice).post(UPLOADS, {"file": upload("cat.png", picture(size=(9, 9)))})
    assert response.status_code == 403


def test_an_upload_without_a_file_is_refused(alice: User, room: Room) -> None:
    assert signed_in(alice).post(UPLOADS, {"file": "text"}).status_code == 400


def test_a_storage_that_fails_leaves_nothing(alice: User, room: Room, media: Path) -> None:
    media.write_text("where the folder should be")
    with pytest.raises(OSError, match="media"):
        store(alice, room)
    assert not Attachment.objects.exists()


def test_a_queue_that_is_down_holds_no_upload_up(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise ConnectionError("Redis is gone")

    monkeypatch.setattr(Channel, "send", fail)
    response = signed_in(alice).post(UPLOADS, {"file": upload("cat.png", picture())})
    assert response.status_code == 201


# Out


def test_a_picture_is_shown_and_runs_nothing(alice: User, bob: User, room: Room) -> None:
    attachment = store(alice, room, "my cat.png")
    send(alice, room, attachment)
    response, content = get(bob, f"/attachments/{attachment.pk}/")
    assert content.startswith(b"\x89PNG")
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == 'inline; filename="my cat.png"'
    assert response.headers["Content-Length"] == str(attachment.size)
    _is_safe(response)


@pytest.mark.parametrize(
    ("name", "data", "content_type"),
    [
        ("page.html", b"<!doctype html>" + SCRIPT, "text/plain"),
        ("image.svg", b"<svg>" + SCRIPT + b"</svg>", "text/plain"),
        ("letter.pdf", b"%PDF-1.7", "application/pdf"),
        ("data.bin", b"\0\1\2", "application/octet-stream"),
    ],
)
def test_what_is_no_picture_is_only_downloaded(
    alice: User, room: Room, name: str, data: bytes, content_type: str
) -> None:
    attachment = store(alice, room, name, data)
    response, content = get(alice, f"/attachments/{attachment.pk}/")
    assert content == data
    assert response.headers["Content-Type"] == content_type
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    _is_safe(response)


def _is_safe(response: Any) -> None:
    headers = response.headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, max-age=3600"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_an_unsent_file_is_its_uploaders_alone(alice: User, bob: User, room: Room) -> None:
    path = f"/attachments/{store(alice, room).pk}/"
    assert status(alice, path) == 200
    assert status(bob, path) == 404
    assert Client().get(path).status_code == 302


def test_a_file_is_for_who_may_see_the_room(alice: User, bob: User, private: Room) -> None:
    attachment = store(alice, private)
    send(alice, private, attachment)
    path = f"/attachments/{attachment.pk}/"
    thumbnail = f"{path}thumbnail/"
    assert status(bob, path) == 404
    assert status(bob, thumbnail) == 404
    place = Membership.objects.create(room=private, user=bob)
    assert status(bob, path) == 200
    place.delete()
    assert status(bob, path) == 404
    assert status(bob, f"/attachments/{uuid.uuid4()}/") == 404


def test_a_file_that_is_not_there_is_not_found(alice: User, room: Room) -> None:
    attachment = store(alice, room)
    assert status(alice, f"/attachments/{attachment.pk}/thumbnail/") == 404


async def test_a_file_is_read_in_pieces(alice: User, room: Room) -> None:
    attachment = await _stored(alice, room, b"\0" * 300_000)
    client = AsyncClient()
    await client.aforce_login(alice)
    response = await client.get(f"/attachments/{attachment.pk}/")
    assert isinstance(response, FileResponse)
    pieces = [len(piece) async for piece in aiter(response)]
    response.close()
    assert sum(pieces) == 300_000
    assert max(pieces) <= 64 * 1024


async def _stored(user: User, room: Room, data: bytes) -> Attachment:
    return await on_database_thread(store, user, room, "data.bin", data)


# Away


def test_an_unsent_file_can_be_taken_back(alice: User, bob: User, room: Room, media: Path) -> None:
    path = f"/attachments/{store(alice, room).pk}/"
    assert signed_in(bob).delete(path).status_code == 404
    assert len(stored_files(media)) == 1
    assert signed_in(alice).delete(path).status_code == 204
    assert stored_files(media) == []
    assert signed_in(alice).delete(path).status_code == 404


def test_a_sent_file_cannot_be_taken_back(alice: User, room: Room, media: Path) -> None:
    attachment = store(alice, room)
    send(alice, room, attachment)
    assert signed_in(alice).delete(f"/attachments/{attachment.pk}/").status_code == 404
    assert len(stored_files(media)) == 1


@pytest.mark.parametrize("what", ["message", "room", "user"])
def test_files_go_with_what_they_belong_to(alice: User, room: Room, media: Path, what: str) -> None:
    message = send(alice, room, store(alice, room), store(alice, room, "a.txt", b"text"))
    store(alice, room)
    assert len(stored_files(media)) == 3
    if what == "message":
        services.message_delete(user=alice, room_id=room.pk, seq=message.seq)
    elif what == "room":
        room.delete()
    else:
        alice.delete()
    assert len(stored_files(media)) == (1 if what == "message" else 0)


def test_a_deletion_that_is_rolled_back_removes_nothing(
    alice: User, room: Room, media: Path
) -> None:
    store(alice, room)
    with transaction.atomic():
        room.delete()
        transaction.set_rollback(True)
    assert len(stored_files(media)) == 1


def test_what_nobody_sends_goes_after_a_day(alice: User, room: Room, media: Path) -> None:
    _old, sent, fresh = (store(alice, room) for _ in range(3))
    send(alice, room, sent)
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    Attachment.objects.exclude(pk=fresh.pk).update(created_at=yesterday)
    upkeep.forget_unsent_uploads.call()
    assert set(Attachment.objects.all()) == {sent, fresh}
    assert len(stored_files(media)) == 2


def test_the_proxy_lets_the_largest_file_through(site_folder: Path) -> None:
    size = re.search(r"max_size (\d+)MiB", (site_folder / "Caddyfile").read_text())
    assert size
    assert int(size[1]) * 1024 * 1024 > site_settings.UPLOAD_MAX_BYTES + 64 * 1024
