"""Frames that a client might send to harm the chat: from broken JSON to commands of wild values."""

import json
import reprlib
from collections.abc import Mapping
from typing import Any

import msgspec.inspect as inspect
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chat.consumers import ChatConsumer
from chat.inbox import InboxConsumer
from realtime.command_routes import Command, routes_of

ROOM, INBOX = "chat/general", "inbox"

BATCH = 25  # frames

type Frame = str | bytes

TEXTS = [
    "",
    " \n\t",
    "nul \0 byte",
    "\ud800 half a character \udfff",
    "\u202eturned\u2066 round\u200f",
    "e" + "\u0301" * 500,
    "👩‍👩‍👧‍👦" * 50,
    "<img src=x onerror=alert(1)><script>alert(2)</script>",
    "'; DROP TABLE chat_room; --",
    "%s %(name)s {0} {name}",
    "/help",
    "/me \u202ewaves",
    "/me \0",
    "/name \0",
    "/name " + "\u202e" * 60,
    "/topic \0",
    "/topic \ud800",
    "/topic " + "é" * 250,
    "/" + "x" * 9_999,
    "//",
    "@bob @bob, @hostile @bot roll " + "9" * 6,
    "@bot remind 999999d \u202e",
    "@bot time",
]
PIECES = ["@bob ", "@", "`", "```\n", "https://example.com/(", "http://[", "&", "*_", "[x](", "\n"]
NUMBERS = [-1, 0, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**300]
STREAMS = ["tasks", "chat/nowhere", "chat/general/", "chat/\0", "../chat/general", "nope"]


def mostly[T](usual: SearchStrategy[T], *others: SearchStrategy[T]) -> SearchStrategy[T]:
    """Seven of eight are the usual ones. (`one_of` takes what it is given twice only once.)"""
    return st.integers(0, 7).flatmap(lambda number: usual if number else st.one_of(others))


long = st.builds(
    lambda piece, length: (piece * length)[:length],
    st.sampled_from(PIECES),
    st.sampled_from([30, 250, 9_999, 10_001]),
)
odd = st.sampled_from(TEXTS) | st.text(st.characters(categories=["Cc", "Cf"]), max_size=5)
texts = st.text(max_size=30) | odd | long
numbers = mostly(st.integers(1, 30), st.sampled_from(NUMBERS))
scalars = st.none() | st.booleans() | numbers | st.floats() | st.text(max_size=10) | texts
wild = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def values(kind: inspect.Type) -> SearchStrategy[Any]:
    """What decodes as this type, and means harm."""
    match kind:
        case inspect.StrType():
            return texts
        case inspect.IntType():
            return numbers
        case inspect.BoolType():
            return st.booleans()
        case inspect.UUIDType():
            return st.uuids().map(str)
        case inspect.ListType(item_type=item):
            return st.lists(values(item), max_size=11)
        case inspect.UnionType(types=types):
            return st.one_of(*map(values, types))
        case inspect.NoneType():
            return st.none()
    raise NotImplementedError(kind)


def commands(kind: type[Command]) -> SearchStrategy[Mapping[str, Any]]:
    """Most of them decode."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    tag = st.just(info.tag)
    fields = {field.encode_name: values(field.type) for field in info.fields}
    fields["id"] = st.none() | st.text(max_size=5)
    good = st.fixed_dictionaries({"type": tag, **fields})
    bad = st.fixed_dictionaries({"type": tag}, optional=dict.fromkeys(fields, wild))
    return mostly(good, bad)


def payloads(consumer: type) -> SearchStrategy[Any]:
    """Each of its commands, as often as the others."""
    return mostly(st.one_of(*map(commands, routes_of(consumer))), wild)


to_room, to_inbox = payloads(ChatConsumer), payloads(InboxConsumer)
envelopes = st.one_of(
    st.fixed_dictionaries({"stream": st.just(INBOX), "payload": to_inbox}),
    st.fixed_dictionaries({"stream": st.sampled_from(STREAMS) | texts, "payload": to_room}),
    st.fixed_dictionaries(
        {"stream": st.sampled_from([ROOM, INBOX, *STREAMS])},
        optional={
            "event": st.sampled_from(["open", "close", "ping", "pong", "opened"]) | wild,
            "params": st.dictionaries(st.sampled_from(["since", "epoch"]), scalars) | wild,
            "payload": wild,
            "encoding": st.sampled_from(["text", "base64", "gzip"]) | wild,
        },
    ),
)
pongs = st.fixed_dictionaries(
    {"event": st.just("pong"), "type": st.just("pong")}, optional={"n": numbers, "payload": numbers}
)


def encoded(value: object) -> str:
    return json.dumps(value)  # in ASCII, so halves of characters come as escapes


broken = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["[" * 60_000, '{"payload":' * 5_000, '"' + "x" * 70_000, "\ufeff{}", "1e999"]),
    st.builds(lambda value, end: encoded(value)[:end], to_room, st.integers(0, 100)),
    pongs.map(encoded),
    st.binary(max_size=30),
)

bare_frames: SearchStrategy[Frame]
bare_frames = mostly(to_room.map(encoded), broken)
enveloped_frames: SearchStrategy[Frame]
enveloped_frames = mostly(
    to_room.map(lambda payload: encoded({"stream": ROOM, "payload": payload})),
    envelopes.map(encoded),
    broken,
)


class Batch(list[Frame]):
    """Frames that fit on the screen when a test fails."""

    def __repr__(self) -> str:
        return reprlib.Repr(maxlist=BATCH, maxstring=200).repr(list(self))


def batches(frames: SearchStrategy[Frame]) -> SearchStrategy[Batch]:
    return st.lists(frames, min_size=BATCH, max_size=BATCH).map(Batch)


def opening(stream: str) -> str:
    return encoded({"stream": stream, "event": "open"})
