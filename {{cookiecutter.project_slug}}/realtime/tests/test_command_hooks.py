"""What a CommandConsumer lets its subclasses decide."""

import asyncio
from collections.abc import Mapping
from functools import wraps
from typing import ClassVar

import pytest
from channels.exceptions import StopConsumer

from realtime import commands
from realtime.command_routes import Handler
from realtime.commands import Answer, Command, CommandConsumer, CommandError, Decorator, handles

from .clients import Visit


class Do(Command, tag="do"):
    what: str = ""


class Doer(CommandConsumer):
    @handles(Do)
    async def do(self, command: Do) -> Mapping[str, object] | None:
        match command.what:
            case "fail":
                raise ZeroDivisionError
            case "refuse":
                raise CommandError("no", "Not today.")
            case "nonsense":
                return {"nonsense": object()}
            case "stop":
                raise StopConsumer
        return {"done": command.what}


# on_exception


class Forgiving(Doer):
    async def on_exception(self, error: Exception, command: Command) -> dict[str, object]:
        assert isinstance(command, Do)
        return {"failed": type(error).__name__, "what": command.what}


async def test_a_failure_may_be_answered_as_a_handler_would(visit: Visit) -> None:
    client = await visit(Forgiving.as_asgi())
    assert await client.ask("do", what="fail") == {
        "type": "ok",
        "ref": "7",
        "failed": "ZeroDivisionError",
        "what": "fail",
    }
    assert (await client.ask("do", what="nonsense"))["failed"] == "TypeError"
    assert (await client.ask("do", what="refuse"))["code"] == "no"  # which is no failure


async def test_a_failure_may_become_an_error_of_the_consumers_own(visit: Visit) -> None:
    class Explaining(Doer):
        async def on_exception(self, error: Exception, command: Command) -> None:
            raise CommandError("out_of_order", "Come back later.", retry_after=5)

    client = await visit(Explaining.as_asgi())
    assert await client.ask("do", what="fail") == {
        "type": "error",
        "ref": "7",
        "code": "out_of_order",
        "message": "Come back later.",
        "retry_after": 5,
    }
    assert (await client.ask("do", what="work"))["done"] == "work"


async def test_a_failure_that_is_raised_again_ends_the_connection(visit: Visit) -> None:
    class Strict(Doer):
        async def on_exception(self, error: Exception, command: Command) -> None:
            raise error

    client = await visit(Strict.as_asgi())
    await client.send({"type": "do", "what": "fail"})
    if client.way == "stream":
        assert await client.closed() == 1011
    else:
        with pytest.raises(ZeroDivisionError):
            await client.socket.wait()


async def test_by_default_a_failure_is_logged_and_the_client_told_nothing_of_it(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    client = await visit(Doer.as_asgi())
    for what in ("fail", "nonsense"):
        answer = await client.ask("do", what=what)
        assert (answer["type"], answer["code"]) == ("error", "server_error")
    assert "Doer failed on Do." in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_a_handler_may_stop_its_consumer(visit: Visit) -> None:
    client = await visit(Doer.as_asgi())
    await client.send({"type": "do", "what": "stop"})
    if client.way == "stream":
        assert await client.closed() == 1000
    else:
        await client.socket.wait()


# Decorators


def noting(name: str) -> Decorator:
    def decorate(handler: Handler) -> Handler:
        calls = 0

        @wraps(handler)
        async def noted(self: "Noted", command: Do) -> Answer:
            nonlocal calls
            calls += 1
            self.notes.append(f"{name} {calls}")
            return await handler(self, command)

        return noted

    return decorate


class Noted(Doer):
    decorators = [noting("outer"), noting("inner")]

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    @handles(Do, what="notes")
    async def tell(self, command: Do) -> dict[str, object]:
        return {"notes": self.notes}


async def test_decorators_wrap_each_handler_once_for_a_connection(visit: Visit) -> None:
    for _ in range(2):
        client = await visit(Noted.as_asgi())
        for _ in range(2):
            await client.ask("do", what="work")
        notes = (await client.ask("do", what="notes"))["notes"]
        assert notes == ["outer 1", "inner 1", "outer 2", "inner 2", "outer 1", "inner 1"]


async def test_decorators_may_depend_on_the_connection(visit: Visit) -> None:
    def refusing(handler: Handler) -> Handler:
        async def refused(*args: object) -> None:
            raise CommandError("not_allowed", "Only Alice.")

        return refused

    class ForAlice(Doer):
        def get_decorators(self) -> list[Decorator]:
            return [] if self.scope["user"] == "alice" else [refusing]

    alice = await visit(ForAlice.as_asgi(), user="alice")
    bob = await visit(ForAlice.as_asgi(), user="bob")
    assert (await alice.ask("do", what="work"))["type"] == "ok"
    assert (await bob.ask("do", what="work"))["code"] == "not_allowed"


# reply()


class Early(CommandConsumer):
    @handles(Do)
    async def do(self, command: Do) -> Mapping[str, object] | None:
        await self.reply({"early": command.what})
        await self.send_value({"type": "then"})
        match command.what:
            case "again":
                await self.reply()
            case "return":
                return {"late": True}
            case "fail":
                raise ZeroDivisionError
            case "refuse":
                raise CommandError("no", "Too late.")
        return None

    @handles(Do, what="delegate")
    async def delegate(self, command: Do) -> None:
        await asyncio.create_task(self.reply({"by": "task"}))

    async def spoke(self, message: object) -> None:
        await self.reply()


@pytest.mark.parametrize("what", ["", "again", "return", "fail", "refuse"])
async def test_a_handler_may_reply_before_it_returns_and_only_once(
    visit: Visit, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = await visit(Early.as_asgi())
    assert await client.ask("do", what=what) == {"type": "ok", "ref": "7", "early": what}
    assert await client.receive() == {"type": "then"}
    assert await client.hears_nothing()
    assert bool(caplog.records) == bool(what)  # it is a mistake, so it is logged


async def test_a_task_of_the_handler_may_reply(visit: Visit) -> None:
    client = await visit(Early.as_asgi())
    assert await client.ask("do", what="delegate") == {"type": "ok", "ref": "7", "by": "task"}


async def test_a_reply_to_a_command_without_an_id_is_not_sent(visit: Visit) -> None:
    client = await visit(Early.as_asgi())
    await client.send({"type": "do"})
    assert await client.receive() == {"type": "then"}


async def test_there_is_nothing_to_reply_to_outside_a_handler() -> None:
    with pytest.raises(RuntimeError, match="No command"):
        await Early().reply()


# as_asgi()


class Greeter(CommandConsumer):
    def __init__(self, *args: object, greeting: str = "Hello", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.greeting = greeting

    @handles(Do)
    async def do(self, command: Do) -> dict[str, object]:
        return {"said": f"{self.greeting}, {command.what}"}


async def test_as_asgi_passes_its_keywords_to_each_instance(visit: Visit) -> None:
    application = Greeter.as_asgi(greeting="Ahoy", other=1)
    assert (await (await visit(application)).ask("do", what="Bob"))["said"] == "Ahoy, Bob"
    assert (await (await visit(Greeter.as_asgi())).ask("do", what="Bob"))["said"] == "Hello, Bob"
    assert application.consumer_class is Greeter
    assert application.consumer_initkwargs == {"greeting": "Ahoy", "other": 1}


# Answers that take a while


class Patient(CommandConsumer):
    """Answers `wait` once as many have come as there are to wait for."""

    wanted = 3
    latest: ClassVar["Patient"]

    async def connect(self) -> None:
        Patient.latest = self
        self.begun: list[str] = []
        self.enough = asyncio.Event()
        await super().connect()

    @handles(Do)
    async def do(self, command: Do) -> Answer:
        self.begun.append(command.what)
        if len(self.begun) == self.wanted:
            self.enough.set()
        return self._done(command)

    async def _done(self, command: Do) -> Mapping[str, object]:
        await self.enough.wait()
        if command.what == "refuse":
            raise CommandError("no", "Not today.")
        if command.what == "fail":
            raise ZeroDivisionError
        return {"begun": list(self.begun)}


async def test_commands_go_on_while_an_answer_takes_a_while(visit: Visit) -> None:
    client = await visit(Patient.as_asgi())
    for number, what in enumerate(["one", "refuse", "fail"]):
        await client.send({"type": "do", "id": str(number), "what": what})
    replies = {reply["ref"]: reply for reply in [await client.receive() for _ in range(3)]}
    assert replies["0"]["begun"] == ["one", "refuse", "fail"]
    assert [replies[ref]["code"] for ref in ("1", "2")] == ["no", "server_error"]


async def test_so_many_may_be_under_way_and_the_next_waits(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MOST_UNDER_WAY", 2)
    client = await visit(Patient.as_asgi())
    for number in range(3):
        await client.send({"type": "do", "id": str(number), "what": "wait"})
    assert await client.hears_nothing()
    assert len(Patient.latest.begun) == 2
    Patient.latest.enough.set()
    assert {(await client.receive())["ref"] for _ in range(3)} == {"0", "1", "2"}
