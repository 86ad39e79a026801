"""The multiplexer's frames: reading what a client sent, wrapping what a stream says."""

from base64 import b64decode, b64encode
from typing import Literal

import msgspec

from .types import Message


class Encoded(str):
    """Text that is known to be one JSON value, as our own consumers produce it.

    The multiplexer splices it into its frame as it is; any other text is parsed first,
    or it could forge the envelope around it.
    """

    __slots__ = ()


class BadFrameError(Exception):
    """What a client sent is no frame. `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str, stream: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.stream = stream


class Frame(msgspec.Struct, kw_only=True):
    """One frame from the client. `payload` and `params` stay JSON text until they are needed."""

    stream: str = ""
    event: Literal["open", "close", "pong"] | None = None
    payload: msgspec.Raw = msgspec.Raw()
    encoding: Literal["text", "base64"] | None = None
    params: msgspec.Raw = msgspec.Raw(b"{}")

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
            raise BadFrameError("bad_frame", reason, self.stream) from None

    def query(self) -> dict[str, str]:
        """The parameters of an `open`, as strings. Raises BadFrameError if one is no scalar."""
        try:
            params = msgspec.json.decode(self.params, type=dict[str, str | int | float | bool])
        except msgspec.ValidationError as error:
            raise BadFrameError("bad_params", str(error), self.stream) from None
        return {
            name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
            for name, value in params.items()
        }


class _Name(msgspec.Struct):
    stream: str | None = None


_frames = msgspec.json.Decoder(Frame)
_names = msgspec.json.Decoder(_Name)


def decode_frame(text: str) -> Frame:
    """Read one frame. Raises BadFrameError, which names the stream where the text still does."""
    try:
        frame = _frames.decode(text)
    except msgspec.ValidationError as error:
        raise BadFrameError("bad_frame", str(error), _stream_named_in(text)) from None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise BadFrameError("bad_json", str(error)) from None
    if not frame.stream and frame.event != "pong":
        raise BadFrameError("bad_frame", "A frame needs a `stream`.")
    if not frame.event and not bytes(frame.payload):
        raise BadFrameError("bad_frame", "A frame needs a `payload` or an `event`.", frame.stream)
    return frame


def _stream_named_in(text: str) -> str | None:
    try:
        return _names.decode(text).stream
    except (msgspec.DecodeError, RecursionError):
        return None


def encode_payload(stream: str, *, text: str | None = None, data: bytes | None = None) -> Encoded:
    """Wrap what a stream's consumer sent: JSON as it is, other text and bytes marked as such."""
    name = encode_json(stream)
    if isinstance(text, Encoded):
        return Encoded(f'{{"stream":{name},"payload":{text}}}')
    if text is None:
        value = b64encode(data or b"").decode()
        return Encoded(f'{{"stream":{name},"encoding":"base64","payload":"{value}"}}')
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return Encoded(f'{{"stream":{name},"encoding":"text","payload":{encode_json(text)}}}')
    return Encoded(f'{{"stream":{name},"payload":{text}}}')


def encode_event(stream: str | None, event: str, payload: object = msgspec.UNSET) -> Encoded:
    """What the multiplexer itself says of a stream: opened, closed, error."""
    return encode_json(_Event(stream=stream, event=event, payload=payload))


class _Event(msgspec.Struct):
    stream: str | None
    event: str
    payload: object = msgspec.UNSET


def encode_json(value: object) -> Encoded:
    """Encode a value that msgspec knows (UUIDs and dates included) as marked JSON text."""
    return Encoded(msgspec.json.encode(value).decode())
