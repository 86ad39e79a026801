"""The few calls of Telegram's Bot API that the site makes: https://core.telegram.org/bots/api

They go over asyncio's streams, as HTTP/1.0, which ends with the connection: Python's own HTTP
client would hold a thread for each call, and a long poll there cannot be cancelled.
"""

import asyncio
import contextlib
import ssl
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

UPDATES_AT_MOST = 100
CONNECT_AND_ANSWER_SECONDS = 10


class ApiError(Exception):
    """The API refuses, and would again."""


class ApiAwayError(Exception):
    """The API gives no answer now. It may have said when to try again."""

    def __init__(self, reason: str, retry_after: float = 0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Update(msgspec.Struct):
    """Something that happened. One that is not understood must not hold up the others."""

    update_id: int
    message: msgspec.Raw = msgspec.Raw(b"null")


class _Parameters(msgspec.Struct):
    retry_after: float = 0


class _Answer(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


TRY_AGAIN = {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}  # another bot polls; too fast


class BotApi:
    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port or (443 if tls else 80)
        self._tls = ssl.create_default_context() if tls else None
        self._netloc = parts.netloc
        self._path = f"{parts.path.rstrip('/')}/bot{token}"

    async def updates(self, offset: int, seconds: int) -> list[Update]:
        """What is new from number `offset` on; asking is what confirms the ones before."""
        result = await self._call(
            "getUpdates",
            seconds,
            offset=offset,
            timeout=seconds,
            limit=UPDATES_AT_MOST,
            allowed_updates=["message"],
        )
        return _decode(result, list[Update])

    async def send_message(self, chat: int, text: str) -> None:
        await self._call("sendMessage", 0, chat_id=chat, text=text)

    async def _call(self, method: str, seconds: int, **parameters: Any) -> bytes:
        """Never lets the token out: what it raises names neither the URL nor the request."""
        try:
            async with asyncio.timeout(seconds + CONNECT_AND_ANSWER_SECONDS):
                body = await self._post(method, msgspec.json.encode(parameters))
        except OSError as error:  # a TimeoutError too
            raise ApiAwayError(str(error) or type(error).__name__) from None
        answer = _decode(body, _Answer)
        if answer.ok:
            return bytes(answer.result)
        if answer.error_code in TRY_AGAIN or answer.error_code >= 500:
            raise ApiAwayError(answer.description, answer.parameters.retry_after)
        raise ApiError(answer.description)

    async def _post(self, method: str, body: bytes) -> bytes:
        head = (
            f"POST {self._path}/{method} HTTP/1.0\r\n"
            f"Host: {self._netloc}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        try:
            writer.write(head.encode() + body)
            response = await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return response.partition(b"\r\n\r\n")[2]


def _decode[T](body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError:  # a proxy's page, or half an answer
        raise ApiAwayError("It answers with what is no answer of the Bot API.") from None
