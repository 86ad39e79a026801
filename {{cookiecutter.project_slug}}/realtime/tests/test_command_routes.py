"""Handlers that are chosen by what a command says and where it is said."""

from typing import Annotated, Any

import msgspec
import pytest

from realtime.commands import Command, CommandConsumer, handles

from .clients import Visit


class Say(Command, tag="say"):
    body: Annotated[str, msgspec.Meta(max_length=100)]
    tone: str | None = None
    times: int = 1


class Talk(CommandConsumer):
    @handles(Say)
    async def say(self, command: Say) -> dict[str, object]:
        return {"by": "say"}

    @handles(Say, body=r"/name (?P<name>\S+)")
    async def rename(self, command: Say, name: str) -> dict[str, object]:
        return {"by": "rename", "name": name}

    @handles(Say, body=r"/(?P<verb>roll)( (?P<sides>\d*))?")
    @handles(Say, body=r"/(?P<verb>dice)")
    async def roll(self, command: Say, verb: str, sides: str = "6") -> dict[str, object]:
        return {"by": "roll", "verb": verb, "sides": sides}

    @handles(Say, body=r"/.*")
    async def unknown(self, command: Say) -> dict[str, object]:
        return {"by": "unknown"}

    @handles(Say, body=r"(?P<word>\w+)!", tone=r"loud|(?P<tone>very \w+)")
    async def shout(self, command: Say, word: str, tone: str = "") -> dict[str, object]:
        return {"by": "shout", "word": word, "tone": tone}

    @handles(Say, path=r"/ws/(?P<room>\w+)-room/", body="where")
    async def where(self, command: Say, room: str) -> dict[str, object]:
        return {"by": "where", "room": room}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"body": "hello"}, {"by": "say"}),
        ({"body": "/name bob"}, {"by": "rename", "name": "bob"}),
        ({"body": "/name bob the builder"}, {"by": "unknown"}),
        ({"body": "I said /name bob"}, {"by": "say"}),
        ({"body": "/name bob\n"}, {"by": "say"}),
        ({"body": "/roll"}, {"by": "roll", "verb": "roll", "sides": "6"}),
        ({"body": "/roll 20"}, {"by": "roll", "verb": "roll", "sides": "20"}),
        ({"body": "/roll "}, {"by": "roll", "verb": "roll", "sides": ""}),
        ({"body": "/dice"}, {"by": "roll", "verb": "dice", "sides": "6"}),
        ({"body": "hey!"}, {"by": "say"}),
        ({"body": "hey!", "tone": "loud"}, {"by": "shout", "word": "hey", "tone": ""}),
        ({"body": "hey!", "tone": "very odd"}, {"by": "shout", "word": "hey", "tone": "very odd"}),
        ({"body": "where"}, {"by": "where", "room": "green"}),
    ],
)
async def test_the_first_handler_whose_patterns_match_takes_the_command(
    visit: Visit, said: dict[str, Any], expected: dict[str, Any]
) -> None:
    client = await visit(Talk.as_asgi(), "green-room")
    assert await client.ask("say", **said) == {"type": "ok", "ref": "7", **expected}


async def test_a_path_that_does_not_match_leaves_the_command_to_the_next(visit: Visit) -> None:
    client = await visit(Talk.as_asgi(), "kitchen")
    assert (await client.ask("say", body="where"))["by"] == "say"


async def test_a_command_that_no_pattern_takes_is_refused(visit: Visit) -> None:
    class Strict(CommandConsumer):
        @handles(Say, body="please")
        async def say(self, command: Say) -> None: ...

    client = await visit(Strict.as_asgi())
    assert (await client.ask("say", body="now"))["code"] == "bad_command"
    assert (await client.ask("say", body="please"))["type"] == "ok"


# Subclasses


class Polite(Talk):
    async def rename(self, command: Say, name: str) -> dict[str, object]:
        return {"by": "polite rename"}

    @handles(Say, body=r"/help")
    async def help(self, command: Say) -> dict[str, object]:
        return {"by": "help"}

    @handles(Say)
    async def speak(self, command: Say) -> dict[str, object]:
        return {"by": "speak"}

    @handles(Say, body=r"/throw")
    async def roll(self, command: Say) -> dict[str, object]:
        return {"by": "throw"}

    shout = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("body", "by"),
    [
        ("/name bob", "polite rename"),  # defined anew, with the patterns that it had
        ("/help", "help"),  # comes before the patterns of the class above
        ("hello", "speak"),  # as does a handler without patterns
        ("/throw", "throw"),  # marked anew, so the old marks are gone
        ("/roll", "unknown"),
        ("hey!", "speak"),  # taken out
    ],
)
async def test_a_subclass_has_the_last_word_on_handlers(visit: Visit, body: str, by: str) -> None:
    client = await visit(Polite.as_asgi())
    assert (await client.ask("say", body=body, tone="loud"))["by"] == by


async def test_a_mixin_that_is_no_consumer_brings_handlers(visit: Visit) -> None:
    class Helpful:
        @handles(Say, body="/help")
        async def help(self, command: Say) -> dict[str, object]:
            return {"by": "mixin"}

    class Talkative(Helpful, Talk):
        pass

    client = await visit(Talkative.as_asgi())
    assert (await client.ask("say", body="/help"))["by"] == "mixin"


# Mistakes, found when the class is defined


async def takes_word(self: object, command: Say, word: str) -> None: ...


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ({"boddy": "x"}, "Say has no field 'boddy'"),
        ({"times": "1"}, r"Say\.times is no text"),
        ({"body": "("}, "for 'body' of Say, is no regular expression"),
        ({"path": "["}, "for 'path' of Say, is no regular expression"),
        ({"body": "(?P<a>x)", "tone": "(?P<a>x)"}, "capture the same name"),
        ({"body": "(?P<word>x)(?P<wird>y)"}, r"takes_word\(\) does not fit its patterns.*wird"),
        ({"body": "x"}, r"takes_word\(\) does not fit its patterns.*word"),
    ],
)
def test_a_bad_pattern_fails_at_definition_and_says_why(
    patterns: dict[str, str], message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        handles(Say, **patterns)(takes_word)


def test_two_handlers_of_everything_in_one_class_are_a_mistake() -> None:
    with pytest.raises(TypeError, match="Torn handles Say twice"):

        class Torn(CommandConsumer):
            @handles(Say)
            async def one(self, command: Say) -> None: ...

            @handles(Say)
            async def other(self, command: Say) -> None: ...
