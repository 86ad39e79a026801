"""What was said is found by whoever may see it, on each database by its own means."""

from collections.abc import Callable
from html import unescape

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from chat import queries, search_index, services
from chat.models import Membership, Message, Room
from chat.queries.search import FOUND
from chat.search import Search

type Find = Callable[..., list[str]]

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="needs SQLite")

HOSTILE = [
    *('"', '""', '" OR "', "'", "\\", "\\'", "(", ")", "a)", "NOT", "a NOT", "AND", "OR OR"),
    *("NEAR(a b)", "*", "a*", "^a", "body:a", "-", "--", "- a", '-"', "a & b", "a | b", "!a"),
    *("a <-> b", "a:*", ":*", "%", "_", "%s", "{rooms}", "{}", "a\0b", "\ud7ff", "🍰", "茶", "½"),
    *("; DROP TABLE chat_message", "<b>", "x" * 200, "http://a/b?c=d", "a-b_c.d", "''", "' '"),
]


@pytest.fixture
def find(alice: User) -> Find:
    def find(text: str, user: User = alice, **options: object) -> list[str]:
        found = queries.search_messages(user, Search.parse(text), **options)  # type: ignore[arg-type]
        return [message.body for message in found.messages]

    return find


@pytest.fixture
def signed_in(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


def say(author: User, room: Room, *bodies: str) -> list[Message]:
    return [services.message_send(author=author, room=room, body=body) for body in bodies]


def test_words_are_found_wherever_they_stand_and_however_they_go_on(
    alice: User, room: Room, find: Find
) -> None:
    say(alice, room, "We deployed on Monday", "Monday: nothing to deploy", "the deploy failed")
    assert find("deploy monday") == ["Monday: nothing to deploy", "We deployed on Monday"]
    assert find("MONDAY failed") == []


def test_words_in_quotes_are_found_as_they_are_and_words_with_a_minus_are_not_there(
    alice: User, room: Room, find: Find
) -> None:
    say(alice, room, "the tea is hot", "the hot tea is", "hot teapot")
    assert find('"hot tea"') == ["the hot tea is"]
    assert find("hot -the") == ["hot teapot"]
    assert find('tea -"hot tea"') == ["hot teapot", "the tea is hot"]


def test_what_was_edited_is_found_as_it_is_now(alice: User, room: Room, find: Find) -> None:
    [message] = say(alice, room, "a mistake")
    services.message_edit(user=alice, room_id=room.pk, seq=message.seq, body="a correction")
    assert find("mistake") == []
    assert find("correction") == ["a correction"]


def test_what_was_deleted_is_not_found(alice: User, room: Room, find: Find) -> None:
    [message] = say(alice, room, "regretted")
    services.message_delete(user=alice, room_id=room.pk, seq=message.seq)
    assert find("regretted") == []


def test_nothing_is_found_in_a_room_that_one_may_not_see(
    alice: User, bob: User, room: Room, find: Find
) -> None:
    private = services.room_create(name="Secret", kind=Room.Kind.PRIVATE, owner=bob)
    say(bob, private, "the plan in private")
    say(bob, room, "the plan in the open")
    assert find("plan") == ["the plan in the open"]
    assert find("plan", room=private) == []
    Membership.objects.create(room=private, user=alice)
    assert find("plan") == ["the plan in the open", "the plan in private"]
    assert find("plan", room=private) == ["the plan in private"]


def test_pages_of_what_was_found_hold_each_message_once(alice: User, room: Room) -> None:
    say(alice, room, *(f"same again, number {number}" for number in range(2 * FOUND + 1)))
    seen: list[int] = []
    before: int | None = None
    for page in range(3):
        found = queries.search_messages(alice, Search.parse("same"), before=before)
        assert (found.before is None) == (page == 2)
        seen += [message.seq for message in found.messages]
        before = found.before
    assert seen == list(range(2 * FOUND + 1, 0, -1))


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_typed_is_no_error(
    alice: User, room: Room, signed_in: Client, text: str
) -> None:
    say(alice, room, "a message with some words")
    for room_slug in ("", room.slug):
        response = signed_in.get("/search/", {"q": text, "room": room_slug})
        assert response.status_code == 200 or "\0" in text


def test_hits_are_marked_and_all_else_is_text() -> None:
    snippet = Search.parse('script "tea time"').snippet("<script>x</script> Tea  time &c")
    assert snippet == (
        "&lt;<mark>script</mark>&gt;x&lt;/<mark>script</mark>&gt; <mark>Tea  time</mark> &amp;c"
    )


@pytest.mark.parametrize("at", [0, 50, 3000, 9990])
def test_a_snippet_of_a_long_message_shows_the_hit(at: int) -> None:
    words = ["word"] * 10_000
    words[at] = "needle"
    snippet = Search.parse("needle").snippet(" ".join(words))
    assert "<mark>needle</mark>" in snippet
    assert len(unescape(snippet)) < 300


def test_the_page_shows_what_was_found_with_the_way_to_it(
    alice: User, room: Room, signed_in: Client
) -> None:
    say(alice, room, "one", "<i>two</i>", "three")
    page = signed_in.get("/search/", {"q": "two"}).content.decode()
    assert "&lt;i&gt;<mark>two</mark>&lt;/i&gt;" in page
    assert 'href="/rooms/general/?at=2"' in page


def test_a_room_that_one_may_not_see_is_no_room_to_search(
    bob: User, alice: User, signed_in: Client
) -> None:
    services.room_create(name="Secret", kind=Room.Kind.PRIVATE, owner=bob)
    assert signed_in.get("/search/", {"q": "a", "room": "secret"}).status_code == 404


def test_a_search_takes_as_many_queries_for_many_rooms_and_messages(
    alice: User, bob: User, room: Room, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(FOUND):
        other = services.room_create(name=f"Room {number}")
        say(bob, other, "found here", "and found here")
    with django_assert_max_num_queries(4):  # type: ignore[attr-defined]
        assert len(queries.search_messages(alice, Search.parse("found")).messages) == FOUND


@on_sqlite
def test_without_an_index_the_same_is_found_and_the_page_says_what_it_does(
    alice: User, room: Room, find: Find, signed_in: Client
) -> None:
    say(alice, room, "hot tea", "cold tea")
    assert "data-plain" not in signed_in.get("/search/?q=tea").content.decode()
    with connection.cursor() as cursor:
        for event in ("insert", "update", "delete"):
            cursor.execute(f"DROP TRIGGER {search_index.TABLE}_{event}")
    assert find('tea -cold "hot tea"') == ["hot tea"]
    assert "data-plain" in signed_in.get("/search/?q=tea").content.decode()


@on_sqlite
def test_the_index_outlives_a_migration_that_makes_the_table_anew(
    alice: User, room: Room, find: Find
) -> None:
    say(alice, room, "before")
    with connection.schema_editor() as editor:  # as Django does for most changes of a column
        editor._remake_table(Message)  # type: ignore[attr-defined]
    assert not search_index.is_there(connection)
    say(alice, room, "meanwhile")
    search_index.create_on_sqlite(using="default")
    say(alice, room, "after")
    assert [find(word) for word in ("before", "meanwhile", "after")] == [
        ["before"], ["meanwhile"], ["after"],
    ]  # fmt: skip
