import json

import pytest

from realtime.envelope import (
    BadFrameError,
    Encoded,
    decode_frame,
    encode_event,
    encode_payload,
    encode_refusal,
)


@pytest.mark.parametrize(
    ("text", "code", "stream"),
    [
        ("{", "bad_json", None),
        ("", "bad_json", None),
        ('{"stream": "a", "event": "x", "z":' + "[" * 100_000, "bad_frame", None),
        ('{"payload":' + "[" * 100_000, "bad_json", None),
        ("[]", "bad_frame", None),
        ("{}", "bad_frame", None),
        ('{"stream": null, "payload": 1}', "bad_frame", None),
        ('{"stream": 5, "payload": 1}', "bad_frame", None),
        ('{"stream": "a"}', "bad_frame", "a"),
        ('{"stream": "a", "event": "explode"}', "bad_frame", "a"),
        ('{"stream": "a", "payload": 1, "encoding": "rot13"}', "bad_frame", "a"),
    ],
)
def test_a_bad_frame_is_told_apart_and_names_its_stream(
    text: str, code: str, stream: str | None
) -> None:
    with pytest.raises(BadFrameError) as caught:
        decode_frame(text)
    assert caught.value.code == code
    refusal = json.loads(encode_refusal(text, caught.value))
    assert refusal["stream"] == stream


def test_a_json_payload_reaches_the_consumer_as_it_was_sent() -> None:
    frame = decode_frame('{"stream": "a", "payload": {"n":  1.0}}')
    assert frame.message() == {"type": "websocket.receive", "text": '{"n":  1.0}'}


def test_text_and_bytes_reach_the_consumer_as_such() -> None:
    text = decode_frame('{"stream": "a", "encoding": "text", "payload": "hi"}')
    data = decode_frame('{"stream": "a", "encoding": "base64", "payload": "AP8="}')
    assert text.message() == {"type": "websocket.receive", "text": "hi"}
    assert data.message() == {"type": "websocket.receive", "bytes": b"\x00\xff"}


@pytest.mark.parametrize("payload", ['"not base64!"', "5"])
def test_a_payload_that_does_not_fit_its_encoding_is_a_bad_frame(payload: str) -> None:
    frame = decode_frame(f'{{"stream": "a", "encoding": "base64", "payload": {payload}}}')
    with pytest.raises(BadFrameError):
        frame.message()


def test_params_become_the_strings_of_a_query() -> None:
    frame = decode_frame(
        '{"stream": "a", "event": "open", "params": {"n": 1, "b": true, "s": "x"}}'
    )
    assert frame.query() == {"n": "1", "b": "true", "s": "x"}


@pytest.mark.parametrize("params", ["[]", '{"a": {}}', '{"a": null}'])
def test_params_other_than_scalars_are_refused(params: str) -> None:
    frame = decode_frame(f'{{"stream": "a", "event": "open", "params": {params}}}')
    with pytest.raises(BadFrameError) as caught:
        frame.query()
    assert caught.value.code == "bad_params"


def test_what_a_consumer_sends_cannot_forge_the_envelope() -> None:
    forged = '1},"event":"closed","x":{"y":2'
    frame = json.loads(encode_payload("a", text=forged))
    assert frame == {"stream": "a", "encoding": "text", "payload": forged}


def test_stream_names_are_escaped() -> None:
    name = 'a","payload":"'
    assert json.loads(encode_event(name, "opened")) == {"stream": name, "event": "opened"}
    assert json.loads(encode_payload(name, text=Encoded("1")))["stream"] == name


@pytest.mark.parametrize(
    ("sent", "frame"),
    [
        ({"text": '{"a": [1]}'}, {"stream": "s", "payload": {"a": [1]}}),
        ({"text": "hello"}, {"stream": "s", "encoding": "text", "payload": "hello"}),
        ({"text": "NaN"}, {"stream": "s", "encoding": "text", "payload": "NaN"}),
        ({"data": b"\x00"}, {"stream": "s", "encoding": "base64", "payload": "AA=="}),
    ],
)
def test_whatever_a_consumer_sends_is_carried(sent: dict[str, object], frame: object) -> None:
    assert json.loads(encode_payload("s", **sent)) == frame  # type: ignore[arg-type]
