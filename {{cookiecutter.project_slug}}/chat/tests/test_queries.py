"""What pages read costs as many queries for many rooms and messages, and no reading of tables."""

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from chat.models import Room
from chat.plans import asked_by, explain

SMALL = {"messages": 300, "rooms": 10, "users": 10}
LARGE = {"messages": 20_000, "rooms": 100, "users": 50}
FIXED = [
    "room list",
    "unread counters",
    "newest messages",
    "earlier messages",
    "permanent link",
    "read mark",
    "search, a common word",
]

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="needs DATABASE_URL of a PostgreSQL"
)


def fill(settings: Settings, **sizes: int) -> tuple[User, Room]:
    settings.DEBUG = True
    call_command("fill", **sizes)
    return User.objects.get(username="alice"), Room.objects.order_by("-seq")[0]


@pytest.mark.django_db(transaction=True)
def test_many_rooms_and_messages_take_as_many_queries_as_a_few(settings: Settings) -> None:
    counts = []
    for sizes in (SMALL, LARGE):
        Room.objects.all().delete()
        asked = asked_by(*fill(settings, **sizes))
        counts.append({name: len(explain(asked[name])) for name in FIXED})
    assert counts[0] == counts[1]
    assert max(counts[1].values()) <= 9


@pytest.mark.django_db(transaction=True)
def test_a_jump_to_a_day_takes_few_queries(settings: Settings) -> None:
    asked = asked_by(*fill(settings, **LARGE))
    assert len(explain(asked["jump to a day"])) <= 20


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name",
    ["room list", "unread counters", "newest messages", "earlier messages", "permanent link",
     "jump to a day", "feed, of 200"],
)  # fmt: skip
def test_messages_are_read_by_an_index(settings: Settings, name: str) -> None:
    plans = explain(asked_by(*fill(settings, **LARGE))[name])
    assert not [plan for plan in plans if "Seq Scan on chat_message" in plan.steps]


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["room list", "unread counters"])
def test_unread_messages_are_counted_in_an_index_alone(settings: Settings, name: str) -> None:
    counting = explain(asked_by(*fill(settings, **LARGE))[name])[0]
    assert "Index Only Scan using messages_to_count" in counting.steps


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_words_that_are_seldom_together_are_found_by_the_index(settings: Settings) -> None:
    plans = explain(asked_by(*fill(settings, **LARGE))["search, three words"])
    assert "Bitmap Index Scan on message_search" in plans[0].steps
