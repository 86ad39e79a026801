"""One command by POST, for clients whose network lets no WebSocket through."""

import asyncio

import msgspec

from . import close_codes
from .envelope import encode_open
from .http import HttpConsumer, HttpError
from .local_socket import LocalSocket
from .types import Application

ANSWER_SECONDS = 30.0
ANSWER_BYTES = 1024 * 1024  # with what else the stream says meanwhile
HEADERS = [(b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store")]
STATUS = {close_codes.TOO_MUCH: 429}  # by close code


class PostedCommand(HttpConsumer):
    """Takes the frame that has a command on the multiplexer's socket, and answers with the frame
    that has its reply, an error, or the close of its stream.

    `application` is the multiplexer with all that stands before it: a socket is opened for each
    command, so that its origin, its session and its limits are looked at as those of any socket.
    """

    def __init__(self, application: Application) -> None:
        super().__init__()
        self._application = application

    async def handle(self, body: bytes) -> None:
        if self.scope["method"] != "POST":
            raise HttpError(405, "Only POST.", (b"Allow", b"POST"))
        try:
            posted = _posted.decode(body)
        except (ValueError, RecursionError) as error:
            raise HttpError(400, f"No command with an id: {error}") from None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._answer_to(posted, body.decode())
        except TimeoutError:
            raise HttpError(503, "There is no answer.", (b"Retry-After", b"1")) from None
        await self.send_response(200, answer.encode(), headers=HEADERS)

    async def _answer_to(self, posted: "Posted", frame: str) -> str:
        async with LocalSocket(self._application, self.scope, ANSWER_BYTES) as socket:
            socket.send(encode_open(posted.stream))
            socket.send(frame)
            while (text := await socket.read()) is not None:
                if _is_answer(text, posted.payload.id):
                    return text
        if not socket.accepted:
            raise HttpError(403, "This must come from a page of the site.")
        status = STATUS.get(socket.code, 503)
        raise HttpError(status, "Please come back later.", (b"Retry-After", b"30"))


class _Command(msgspec.Struct):
    id: str


class Posted(msgspec.Struct):
    stream: str
    payload: _Command
    event: None = None


class _Frame(msgspec.Struct):
    event: str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"null")


class _Reference(msgspec.Struct):
    ref: str | None = None


_posted = msgspec.json.Decoder(Posted)
_frames = msgspec.json.Decoder(_Frame)
_references = msgspec.json.Decoder(_Reference)


def _is_answer(text: str, id: str) -> bool:
    frame = _frames.decode(text)
    if frame.event == "closed":
        return True
    try:
        return _references.decode(frame.payload).ref == id
    except ValueError:  # a payload that is no object
        return False
