"""The bot answers in a room, by a task of the worker."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from chat import bot, services
from chat.models import Message, Room
from realtime.database import on_database_thread
from worker.tests.serving import serving

from .http import say


async def answers(room: Room, count: int) -> list[Message]:
    """The bot's messages, once there are so many."""
    async with serving():
        while True:
            query = room.messages.filter(author__username=bot.NAME).select_related("reply_to")
            found = [message async for message in query]
            if len(found) >= count:
                return found


async def test_who_calls_the_bot_is_answered(alice: User, room: Room) -> None:
    await say(alice, room, "Nobody calls it.", "@bot roll 1", "And @bot, help!")
    found = await answers(room, 2)
    assert {message.reply_to.seq for message in found if message.reply_to} == {2, 3}
    assert any("1" in message.body for message in found)


async def test_an_answer_that_is_given_twice_is_stored_once(alice: User, room: Room) -> None:
    await say(alice, room, "@bot time")
    await answers(room, 1)
    await DBTaskResult.objects.all().aupdate(status="READY", finished_at=None)
    await say(alice, room, "@bot help")
    found = await answers(room, 2)
    assert len(found) == 2


def test_a_reminder_waits_for_its_time(alice: User, room: Room) -> None:
    services.message_send(author=alice, room=room, body="@bot remind 10m tea")
    assert DBTaskResult.objects.count() == 2  # the other one says that it will
    soon = timezone.now() + timedelta(minutes=11)
    [reminder] = DBTaskResult.objects.filter(run_after__lt=soon)
    assert reminder.run_after - timezone.now() > timedelta(minutes=9)


@pytest.mark.parametrize(
    "body", ["@both", "bot", "mail me@bot", "@bottle", "somebody/@bot", "a@b @botany"]
)
def test_what_only_looks_like_a_call_is_none(alice: User, room: Room, body: str) -> None:
    services.message_send(author=alice, room=room, body=body)
    assert not DBTaskResult.objects.exists()


@pytest.mark.parametrize(
    ("question", "wait"),
    [
        ("remind 10s tea", timedelta(seconds=10)),
        ("Remind 2 h: cake", timedelta(hours=2)),
        ("remind 999999d", timedelta(days=30)),
        ("remind me", None),
        ("remind 10x", None),
    ],
)
def test_a_reminder_says_when(question: str, wait: timedelta | None) -> None:
    assert bot.remind_in(question) == wait


async def test_the_bot_can_answer_in_a_private_room(alice: User, room: Room) -> None:
    private = await on_database_thread(
        services.room_create, name="Private", kind=Room.Kind.PRIVATE, owner=alice
    )
    await say(alice, private, "@bot time")
    assert len(await answers(private, 1)) == 1
