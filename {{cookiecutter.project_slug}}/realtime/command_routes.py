"""Which method handles which command: by its kind, by its text, and by the path of the socket."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

type Result = Mapping[str, object] | None
type Answer = Result | Awaitable[Result]  # what is awaited leaves room for the next command
type Handler = Callable[..., Awaitable[Answer]]


class Command(msgspec.Struct, kw_only=True, tag_field="type"):
    """A message from a client. Subclasses give their `tag`, as in `tag="message.send"`."""

    id: str | None = None  # the client's name for this command; the reply repeats it as `ref`


@dataclass(frozen=True, slots=True)
class Route:
    """The commands of one kind; with patterns, those of them that match all the patterns."""

    command: type[Command]
    patterns: Sequence[tuple[str | None, re.Pattern[str]]]  # each for a field; None is the path

    def match(self, command: Command, path: str) -> dict[str, str] | None:
        """What the patterns capture by name, or None where one does not match."""
        captured: dict[str, str] = {}
        for field, pattern in self.patterns:
            text = path if field is None else getattr(command, field)
            match = pattern.fullmatch(text) if isinstance(text, str) else None
            if match is None:
                return None
            # As in URLs, an optional group that is not there is left to the handler's default.
            named = match.groupdict()
            captured |= {name: found for name, found in named.items() if found is not None}
        return captured


def handles(
    command: type[Command], /, *, path: str | None = None, **fields: str
) -> Callable[[Handler], Handler]:
    """Mark a method of a CommandConsumer as the handler of a kind of command.

    What it returns goes into the `ok` reply; None means `ok` and nothing more. If it returns
    something to await, the next command is handled while that is under way.

    Regular expressions narrow it down, for the path of the socket and for fields of text, such
    as `body=r"/name (?P<name>\\S+)"`. Each must match the whole, and named groups become
    keywords of the handler. Handlers are tried in the order of the class, those of subclasses
    first, and those without patterns last.
    """
    patterns: list[tuple[str | None, re.Pattern[str]]] = [
        (name, _compiled_for_field(command, name, pattern)) for name, pattern in fields.items()
    ]
    if path is not None:
        patterns.append((None, _compiled(command, "path", path)))
    route = Route(command, patterns)

    def mark(handler: Handler) -> Handler:
        _check_keywords(handler, route)
        # First, since decorators apply from the lowest up.
        handler.command_routes = [route, *getattr(handler, "command_routes", [])]  # type: ignore[attr-defined]
        return handler

    return mark


type Table = dict[type[Command], list[tuple[Route, str]]]


def routes_of(consumer: type) -> Table:
    """For each kind of command, its routes and their methods' names, in the order of trying.

    A method that a subclass defines anew keeps its routes, unless it is marked anew.
    """
    table: Table = {}
    marked: set[str] = set()
    for cls in consumer.__mro__:
        catch_all: set[type[Command]] = set()
        for name, value in vars(cls).items():
            routes: list[Route] = getattr(value, "command_routes", [])
            if not routes or name in marked or not callable(getattr(consumer, name)):
                continue
            marked.add(name)
            for route in routes:
                if not route.patterns and route.command in catch_all:
                    raise TypeError(f"{cls.__name__} handles {route.command.__name__} twice.")
                if not route.patterns:
                    catch_all.add(route.command)
                table.setdefault(route.command, []).append((route, name))
    for found in table.values():
        found.sort(key=lambda entry: not entry[0].patterns)
    return table


def _compiled_for_field(command: type[Command], name: str, pattern: str) -> re.Pattern[str]:
    fields = {field.name: field for field in msgspec.structs.fields(command)}
    if name not in fields:
        raise TypeError(f"{command.__name__} has no field {name!r}, but {', '.join(fields)}.")
    if not _may_be_text(msgspec.inspect.type_info(fields[name].type)):
        raise TypeError(f"{command.__name__}.{name} is no text, so it has no pattern.")
    return _compiled(command, name, pattern)


def _may_be_text(kind: msgspec.inspect.Type) -> bool:
    match kind:
        case msgspec.inspect.UnionType():
            return any(_may_be_text(one) for one in kind.types)
        case msgspec.inspect.Metadata():
            return _may_be_text(kind.type)
    return isinstance(kind, msgspec.inspect.StrType)


def _compiled(command: type[Command], name: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(
            f"{pattern!r}, for {name!r} of {command.__name__}, is no regular expression: {error}."
        ) from None


def _check_keywords(handler: Handler, route: Route) -> None:
    names = [name for _field, pattern in route.patterns for name in pattern.groupindex]
    if len(names) != len(set(names)):
        raise TypeError(f"Two patterns of {route.command.__name__} capture the same name.")
    try:
        inspect.signature(handler).bind(None, None, **dict.fromkeys(names))
    except TypeError as error:
        raise TypeError(f"{handler.__qualname__}() does not fit its patterns: {error}.") from None
