"""The multiplexer's frames: reading what a client sent, wrapping what a stream says."""

import functools
from base64 import b64decode, b64encode
from typing import Literal

import msgspec

from .errors import RefusedError
from .types import Message

NO_PARAMS = msgspec.Raw(b"{}")


class Encoded(str):
    """Text that is known to be one JSON value, as our own consumers produce it.

    The multiplexer splices it into its frame as it is; any other text is parsed first,
    or it could forge the envelope around it.
    """

    __slots__ = ()


class BadFrameError(RefusedError):
    """What a client sent is no frame, or none that can be carried out now."""


class Frame(msgspec.Struct, kw_only=True):
    """One frame from the client. `payload` and `params` stay JSON text until they are needed."""

    stream: str = ""
    event: Literal["open", "close", "ping", "pong"] | None = None
    payload: msgspec.Raw = msgspec.Raw()
    encoding: Literal["text", "base64"] | None = None
    params: msgspec.Raw = NO_PARAMS

    def message(self) -> Message:
        """The ASGI message in which the stream's consumer receives this payload.

        Raises BadFrameError where the payload does not fit its encoding.
        """
        if self.encoding is None:
            return {"type": "websocket.receive", "text": bytes(self.payload).decode()}
        try:
            text = msgspec.json.decode(self.payload, type=str)
            if self.encoding == "text":
                return {"type": "websocket.receive", "text": text}
            return {"type": "websocket.receive", "bytes": b64decode(text, validate=True)}
        except ValueError as error:
            reason = f"The payload is not {self.encoding}: {error}"
            raise BadFrameError("bad_frame", reason) from None

    def query(self) -> dict[str, str]:
        """The parameters of an `open`, as strings. Raises BadFrameError if one is no scalar."""
        try:
            params = msgspec.json.decode(self.params, type=dict[str, str | int | float | bool])
        except msgspec.ValidationError as error:
            raise BadFrameError("bad_params", str(error)) from None
        return {
            name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
            for name, value in params.items()
        }


_frames = msgspec.json.Decoder(Frame)


def decode_frame(text: str) -> Frame:
    """Read one frame. Raises BadFrameError."""
    try:
        frame = _frames.decode(text)
    except msgspec.ValidationError as error:
        raise BadFrameError("bad_frame", str(error)) from None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise BadFrameError("bad_json", str(error)) from None
    if not frame.stream and frame.event not in ("ping", "pong"):
        raise BadFrameError("bad_frame", "A frame needs a `stream`.")
    if not frame.event and not bytes(frame.payload):
        raise BadFrameError("bad_frame", "A frame needs a `payload` or an `event`.")
    return frame


def encode_payload(stream: str, *, text: str | None = None, data: bytes | None = None) -> str:
    """Wrap what a stream's consumer sent: JSON as it is, other text and bytes marked as such."""
    name = _encoded_name(stream)
    if isinstance(text, Encoded):
        return f'{{"stream":{name},"payload":{text}}}'
    if text is None:
        value = b64encode(data or b"").decode()
        return f'{{"stream":{name},"encoding":"base64","payload":"{value}"}}'
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return f'{{"stream":{name},"encoding":"text","payload":{encode_json(text)}}}'
    return f'{{"stream":{name},"payload":{text}}}'


@functools.lru_cache(maxsize=4096)
def _encoded_name(stream: str) -> str:
    return str(encode_json(stream))


def encode_open(stream: str, params: msgspec.Raw = NO_PARAMS) -> str:
    """The frame with which a client opens a stream."""
    frame = {"stream": stream, "event": "open", "params": params}
    return msgspec.json.encode(frame).decode()


class Pong(msgspec.Struct, tag_field="event", tag="pong"):
    """The client's answer to a ping: `{"event": "pong", "payload": 17}`."""

    number: int = msgspec.field(name="payload")


def encode_ping(number: int) -> Encoded:
    return Encoded(f'{{"event":"ping","payload":{number}}}')


def encode_pong(number: msgspec.Raw) -> Encoded:
    """The answer to a client's ping, with what that had for a number."""
    return Encoded(f'{{"event":"pong","payload":{bytes(number).decode() or "null"}}}')


def encode_event(stream: str | None, event: str, payload: object = msgspec.UNSET) -> Encoded:
    """What the multiplexer itself says of a stream: opened, closed, error."""
    return encode_json(_Event(stream=stream, event=event, payload=payload))


def encode_refusal(frame: str | bytes, error: RefusedError) -> Encoded:
    """The answer to a frame that is refused, which names its stream and command if it can."""
    payload = error.fields()
    if (ref := _named(frame, _Command, _Command()).payload.id) is not None:
        payload["ref"] = ref
    stream = _named(frame, _Name, _Name()).stream or None
    return encode_event(stream, "error", payload)


class _Name(msgspec.Struct):
    stream: str | None = None


class _Payload(msgspec.Struct, frozen=True):
    id: str | None = None


class _Command(msgspec.Struct):
    payload: _Payload = _Payload()


def _named[T](frame: str | bytes, kind: type[T], otherwise: T) -> T:
    try:
        return msgspec.json.decode(frame, type=kind)
    except (ValueError, RecursionError):
        return otherwise


class _Event(msgspec.Struct):
    stream: str | None
    event: str
    payload: object = msgspec.UNSET


def encode_json(value: object) -> Encoded:
    """Encode a value that msgspec knows (UUIDs and dates included) as marked JSON text."""
    return Encoded(msgspec.json.encode(value).decode())
