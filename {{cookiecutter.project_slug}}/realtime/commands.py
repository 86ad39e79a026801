"""A consumer of typed commands: each has a struct, a handler, and exactly one reply."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, ClassVar

import msgspec
from channels.exceptions import StopConsumer
from django.utils.translation import gettext as _

from .command_routes import Answer, Command, Handler, Table, handles, routes_of
from .consumer import SocketConsumer
from .envelope import Encoded, encode_json
from .errors import CommandError, RefusedError

__all__ = [
    "Answer",
    "Command",
    "CommandConsumer",
    "CommandError",
    "Decorator",
    "encode_error",
    "handles",
]

logger = logging.getLogger(__name__)

MOST_UNDER_WAY = 64  # commands of one connection; the next one waits until one is answered

type Decorator = Callable[[Handler], Handler]


class _Call:
    """A command that is being handled. The tasks that its handler starts know it as well."""

    current: ClassVar[ContextVar["_Call | None"]] = ContextVar("current command", default=None)

    def __init__(self, command: Command) -> None:
        self.command = command
        self.answered = False


class CommandConsumer(SocketConsumer):
    """Decodes, dispatches and answers commands; a bad one never closes the socket."""

    # Applied to each handler, once for each connection; the first is the outermost.
    decorators: ClassVar[Sequence[Decorator]] = ()

    _routes: ClassVar[Table] = {}
    _decoder: ClassVar[msgspec.json.Decoder[Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._routes = routes_of(cls)
        if cls._routes:
            union: Any = None
            for command in cls._routes:
                union = command if union is None else union | command
            cls._decoder = msgspec.json.Decoder(union)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._decorated: dict[str, Handler] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def get_decorators(self) -> Sequence[Decorator]:
        """What to apply to the handlers of this connection, as functions of `(self, command)`."""
        return self.decorators

    async def on_exception(self, error: Exception, command: Command) -> Mapping[str, object] | None:
        """Answer a command whose handler failed, as a handler would.

        Return what goes into the `ok` reply, or raise CommandError. Anything else that this
        raises, such as the error itself, ends the connection.
        """
        name, kind = type(self).__name__, type(command).__name__
        logger.error("%s failed on %s.", name, kind, exc_info=error)
        raise CommandError("server_error", _("Something went wrong. Please try again."))

    async def reply(self, result: Mapping[str, object] | None = None) -> None:
        """Answer the command at hand now, before its handler returns. That then returns None.

        As a command gets one reply, a second one raises RuntimeError.
        """
        call = _Call.current.get()
        if call is None:
            raise RuntimeError("No command is being handled.")
        await self._reply(call, result)

    async def send_value(self, value: object) -> None:
        """Send anything that msgspec can encode as JSON."""
        await self.send(text_data=encode_json(value))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            call = _Call(self._decode(text_data))
        except CommandError as error:
            await self.send(text_data=encode_error(text_data or "", error))
            return
        token = _Call.current.set(call)
        try:
            await self._answer_or_refuse(call, text_data or "", self._handle(call.command))
        finally:
            _Call.current.reset(token)

    async def _answer_or_refuse(self, call: _Call, text: str, work: Awaitable[Answer]) -> None:
        try:
            await self._answer(call, text, work)
        except CommandError as error:
            if call.answered:
                logger.warning("A command was refused after it was answered: %s", error)
            else:
                await self.send(text_data=encode_error(text, error))

    async def _answer(self, call: _Call, text: str, work: Awaitable[Answer]) -> None:
        try:
            result = await work
            if inspect.isawaitable(result):
                await self._answer_later(call, text, result)
            elif result is not None or not call.answered:
                await self._reply(call, result)
        except (CommandError, StopConsumer):
            raise
        except Exception as error:
            result = await self.on_exception(error, call.command)
            if not call.answered:
                await self._reply(call, result)

    async def _answer_later(self, call: _Call, text: str, work: Awaitable[Answer]) -> None:
        """Take the next command meanwhile, unless too many are under way."""
        answering = self._answer_or_refuse(call, text, work)
        # Eager: so what it begins is in the order of the commands.
        task = asyncio.Task(answering, loop=asyncio.get_running_loop(), eager_start=True)
        if task.done():
            self._answered(task)
            return
        self._under_way.add(task)
        task.add_done_callback(self._answered)
        if len(self._under_way) >= MOST_UNDER_WAY:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    def _answered(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._fail(error)

    async def _clean_up(self, code: int) -> None:
        try:
            await super()._clean_up(code)
            if self._under_way:  # which is done also for a client that has just gone
                await asyncio.wait(self._under_way, timeout=self.disconnect_timeout)
        finally:
            for task in list(self._under_way):
                task.cancel()

    async def _handle(self, command: Command) -> Answer:
        for route, name in self._routes[type(command)]:
            captured = route.match(command, self.scope["path"])
            if captured is not None:
                return await self._handler(name)(self, command, **captured)
        raise CommandError("bad_command", "No handler here takes this command.")

    def _handler(self, name: str) -> Handler:
        if name not in self._decorated:
            handler: Handler = getattr(type(self), name)
            for decorator in reversed(self.get_decorators()):
                handler = decorator(handler)
            self._decorated[name] = handler
        return self._decorated[name]

    async def _reply(self, call: _Call, result: Mapping[str, object] | None) -> None:
        if call.answered:
            raise RuntimeError("This command was answered before.")
        reply = {"type": "ok", "ref": call.command.id}
        text = encode_json({**reply, **(result or {}), **reply})  # these two first, and not its own
        if call.command.id is not None:
            await self.send(text_data=text)
        call.answered = True

    def _decode(self, text: str | None) -> Command:
        if text is None:
            raise CommandError("bad_json", "Commands are JSON text.")
        if not self._routes:
            raise CommandError("bad_command", "This connection takes no commands.")
        try:
            command: Command = self._decoder.decode(text)
        except msgspec.ValidationError as error:
            raise CommandError("bad_command", str(error)) from None
        except (ValueError, RecursionError) as error:
            raise CommandError("bad_json", str(error)) from None
        return command


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
