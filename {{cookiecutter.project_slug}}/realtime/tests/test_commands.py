from typing import Any

import pytest

from realtime.commands import Command, CommandConsumer, CommandError, handles
from realtime.testing import PatientCommunicator

pytestmark = pytest.mark.django_db  # Channels closes old connections around each message


class Double(Command, tag="number.double"):
    number: int


class Refuse(Command, tag="number.refuse"):
    pass


class Crash(Command, tag="number.crash"):
    pass


class Numbers(CommandConsumer):
    @handles(Double)
    async def double(self, command: Double) -> dict[str, object]:
        return {"number": command.number * 2}

    @handles(Refuse)
    async def refuse_it(self, command: Refuse) -> None:
        raise CommandError("no", "Not today.", retry_after=1.5)

    @handles(Crash)
    async def crash(self, command: Crash) -> None:
        raise ZeroDivisionError


async def ask(text: str | None = None, data: bytes | None = None) -> Any:
    """What the consumer answers; afterwards the socket must still be of use."""
    socket = PatientCommunicator(Numbers.as_asgi(), "/")
    assert (await socket.connect())[0]
    await socket.send_to(text_data=text, bytes_data=data)
    answer = await socket.receive_json_from()
    await socket.send_to(text_data='{"type": "number.double", "id": "still", "number": 1}')
    assert (await socket.receive_json_from())["ref"] == "still"
    await socket.disconnect()
    return answer


async def test_a_command_gets_one_reply_that_names_it() -> None:
    answer = await ask('{"type": "number.double", "id": "7", "number": 21}')
    assert answer == {"type": "ok", "ref": "7", "number": 42}


async def test_a_command_without_an_id_gets_no_reply() -> None:
    socket = PatientCommunicator(Numbers.as_asgi(), "/")
    await socket.connect()
    await socket.send_to(text_data='{"type": "number.double", "number": 21}')
    assert await socket.receive_nothing()
    await socket.disconnect()


@pytest.mark.parametrize(
    ("text", "code", "ref"),
    [
        ("{", "bad_json", None),
        ('{"type":' + "[" * 100_000, "bad_json", None),
        ("[]", "bad_command", None),
        ('{"id": "1"}', "bad_command", "1"),
        ('{"type": "number.halve", "id": "1"}', "bad_command", "1"),
        ('{"type": "number.double", "id": "1", "number": "x"}', "bad_command", "1"),
        ('{"type": "number.double", "id": 1, "number": 1}', "bad_command", None),
    ],
)
async def test_what_does_not_decode_gets_an_error_and_closes_nothing(
    text: str, code: str, ref: str | None
) -> None:
    answer = await ask(text)
    assert (answer["type"], answer["code"], answer["ref"]) == ("error", code, ref)


async def test_binary_frames_get_an_error_and_close_nothing() -> None:
    assert (await ask(data=b"\xff"))["code"] == "bad_json"


async def test_a_refusal_says_why_and_when_to_try_again() -> None:
    answer = await ask('{"type": "number.refuse", "id": "1"}')
    assert answer == {
        "type": "error",
        "ref": "1",
        "code": "no",
        "message": "Not today.",
        "retry_after": 1.5,
    }


async def test_a_handler_that_fails_answers_and_goes_on() -> None:
    assert (await ask('{"type": "number.crash", "id": "1"}'))["code"] == "server_error"
