"""A consumer of typed commands: each has a struct, a handler, and exactly one reply."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

import msgspec

from .consumer import SocketConsumer
from .envelope import Encoded, encode_json
from .errors import CommandError, RefusedError

__all__ = ["Command", "CommandConsumer", "CommandError", "encode_error", "handles"]

logger = logging.getLogger(__name__)

type Handler = Callable[[Any, Any], Awaitable[Mapping[str, object] | None]]


class Command(msgspec.Struct, kw_only=True, tag_field="type"):
    """A message from a client. Subclasses give their `tag`, as in `tag="message.send"`."""

    id: str | None = None  # the client's name for this command; the reply repeats it as `ref`


def handles(command: type[Command]) -> Callable[[Handler], Handler]:
    """Mark a method of a CommandConsumer as the handler of one kind of command.

    What it returns goes into the `ok` reply; None means `ok` and nothing more.
    """

    def mark(handler: Handler) -> Handler:
        handler.command = command  # type: ignore[attr-defined]
        return handler

    return mark


class CommandConsumer(SocketConsumer):
    """Decodes, dispatches and answers commands; a bad one never closes the socket."""

    _handlers: ClassVar[dict[type[Command], Handler]] = {}
    _decoder: ClassVar[msgspec.json.Decoder[Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        marked = [value for value in vars(cls).values() if hasattr(value, "command")]
        cls._handlers = {**cls._handlers, **{handler.command: handler for handler in marked}}
        if cls._handlers:
            union: Any = None
            for command in cls._handlers:
                union = command if union is None else union | command
            cls._decoder = msgspec.json.Decoder(union)

    async def refuse(self, code: int, reason: str) -> None:
        """Refuse the connection so that the client learns why; see `close_codes`.

        A close before the accept is a plain 403 to a browser, whatever the code. A stream of
        the multiplexer has no such limit.
        """
        if "demultiplexer_cls" not in self.scope:
            await self.accept()
        await self.close(code, reason)

    async def send_value(self, value: object) -> None:
        """Send anything that msgspec can encode as JSON."""
        await self.send(text_data=encode_json(value))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            command = self._decode(text_data)
            result = await self._handlers[type(command)](self, command)
            reply = encode_json({**(result or {}), "type": "ok", "ref": command.id})
        except CommandError as error:
            await self._reply_error(error, text_data)
        except Exception:
            logger.exception("%s failed on a command.", type(self).__name__)
            failure = CommandError("server_error", "Something went wrong. Please try again.")
            await self._reply_error(failure, text_data)
        else:
            if command.id is not None:
                await self.send(text_data=reply)

    def _decode(self, text: str | None) -> Command:
        if text is None:
            raise CommandError("bad_json", "Commands are JSON text.")
        if not self._handlers:
            raise CommandError("bad_command", "This connection takes no commands.")
        try:
            command: Command = self._decoder.decode(text)
        except msgspec.ValidationError as error:
            raise CommandError("bad_command", str(error)) from None
        except (ValueError, RecursionError) as error:
            raise CommandError("bad_json", str(error)) from None
        return command

    async def _reply_error(self, error: CommandError, text: str | None) -> None:
        await self.send(text_data=encode_error(text or "", error))


def encode_error(command: str | bytes, error: RefusedError) -> Encoded:
    """The error reply to a command, even to one that does not decode as a whole."""
    return encode_json({"type": "error", "ref": _id_of(command), **error.fields()})


class _Reference(msgspec.Struct):
    id: str | None = None


_references = msgspec.json.Decoder(_Reference)


def _id_of(command: str | bytes) -> str | None:
    try:
        return _references.decode(command).id
    except (ValueError, RecursionError):
        return None
