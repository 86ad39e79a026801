"""What a file is, by what is in it."""

import zipfile
from io import BytesIO

import pytest
from PIL import Image, ImageCms

from chat import pictures, uploads
from chat.uploads import CheckedUpload
from realtime.errors import CommandError

from .files import FORMATS, SCRIPT, animation, opened, picture, upload

PICTURES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"
PAGE = b"<!doctype html><title>Hello</title>" + SCRIPT


def check(name: str, data: bytes) -> CheckedUpload:
    return uploads.check(upload(name, data))


def stored(checked: CheckedUpload) -> bytes:
    checked.content.seek(0)
    return bytes(checked.content.read())


def zipped() -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("hello.txt", "hello")
    return data.getvalue()


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_keeps_its_type_its_size_and_its_look(kind: str) -> None:
    before = picture(kind, (120, 80))
    checked = check(f"holiday.{FORMATS[kind]}", before)
    assert checked.content_type == PICTURES[kind]
    assert checked.name == f"holiday.{FORMATS[kind]}"
    assert (checked.width, checked.height) == (120, 80)
    with opened(stored(checked)) as after:
        assert (after.format, after.size) == (kind, (120, 80))
        for place, light in (((60, 2), 6), ((60, 77), 248)):  # dark above, light below
            pixel = after.convert("L").getpixel(place)
            assert isinstance(pixel, int)
            assert abs(pixel - light) < 12


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_an_animation_stays_one_at_its_speed(kind: str) -> None:
    with opened(stored(check("dance", animation(kind)))) as after:
        times = []
        for frame in range(after.n_frames):  # type: ignore[attr-defined]
            after.seek(frame)
            after.load()
            times.append(round(after.info["duration"]))
    assert times == [100, 200, 300]


def test_where_a_photograph_was_taken_stays_with_its_owner() -> None:
    said = Image.Exif()
    said[0x010F] = "Camera of Alice"
    said.get_ifd(0x8825)[1] = "N"  # GPSInfo
    for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
        before = picture(kind, (90, 60), exif=said.tobytes())
        assert b"Camera of Alice" in before
        after = stored(check("photo", before))
        assert b"Camera of Alice" not in after
        with opened(after) as shown:
            assert not shown.getexif()


def test_comments_in_pictures_are_not_kept() -> None:
    for kind in ("JPEG", "GIF"):
        before = picture(kind, (90, 60), comment=SCRIPT)
        assert SCRIPT in before
        assert SCRIPT not in stored(check("photo", before))


def test_a_photograph_that_was_held_upright_stands_upright() -> None:
    said = Image.Exif()
    said[0x0112] = 6  # to be turned
    checked = check("photo.jpg", picture("JPEG", (90, 60), exif=said.tobytes()))
    assert (checked.width, checked.height) == (60, 90)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_colours_are_meant_as_they_were(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    checked = check("photo", picture(kind, (90, 60), icc_profile=profile))
    with opened(stored(checked)) as after:
        assert after.info["icc_profile"] == profile


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "AVIF"])
def test_what_is_transparent_stays_so(kind: str) -> None:
    data = BytesIO()
    Image.new("RGBA", (9, 9)).save(data, kind)
    with opened(stored(check("stamp", data.getvalue()))) as after:
        assert after.convert("RGBA").getpixel((4, 4))[3] == 0  # type: ignore[index]


def test_ink_becomes_light() -> None:
    data = BytesIO()
    Image.new("CMYK", (9, 9), (0, 255, 255, 0)).save(data, "JPEG")
    with opened(stored(check("print.jpg", data.getvalue()))) as after:
        assert after.mode == "RGB"


@pytest.mark.parametrize("kind", PICTURES)
def test_what_hides_behind_a_picture_is_not_kept(kind: str) -> None:
    assert SCRIPT not in stored(check("photo", picture(kind, (90, 60)) + SCRIPT))


def test_a_picture_that_is_also_an_archive_is_only_a_picture() -> None:
    after = stored(check("cat.gif", picture("GIF", (90, 60)) + zipped()))
    assert not zipfile.is_zipfile(BytesIO(after))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cat.png", "cat.png"),
        ("CAT.PNG", "CAT.PNG"),
        ("cat.jpg", "cat.png"),
        ("page.html", "page.html.png"),
        ("cat", "cat.png"),
    ],
)
def test_a_picture_is_called_what_it_is(name: str, expected: str) -> None:
    assert check(name, picture("PNG", (9, 9))).name == expected


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.png", PAGE),
        ("drawing.jpg", SVG),
        ("photo.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 " + SCRIPT),
        ("photo.gif", b"GIF89a/*" + SCRIPT),
        ("photo.png", picture("PNG", (90, 60))[:-60]),
        ("photo.jpeg", picture("JPEG", (90, 60))[:300]),
        ("archive.avif", zipped()),
    ],
)
def test_what_is_named_as_a_picture_and_is_none_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(CommandError) as refusal:
        check(name, data)
    assert refusal.value.code == "bad_file"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (zipped(), "application/zip"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0", "video/mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm", "video/webm"),
        (b"ID3\x04\0\0", "audio/mpeg"),
        (b"OggS\0\x02", "audio/ogg"),
        ("Grüße, 茶\r\n\tund \x1b[1mmehr".encode(), "text/plain"),
        (PAGE, "text/plain"),
        (SVG, "text/plain"),
        ("Grüße".encode("latin-1"), "application/octet-stream"),
        ("Grüße".encode("utf-16"), "application/octet-stream"),
        (b"a\0b", "application/octet-stream"),
        (b"a" * 70_000 + "ü".encode()[:1], "application/octet-stream"),
        (b"MZ\x90\0\x03", "application/octet-stream"),
    ],
)
def test_other_files_are_what_is_in_them(data: bytes, expected: str) -> None:
    checked = check("letter.html", data)
    assert (checked.content_type, checked.width) == (expected, None)
    assert stored(checked) == data


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(CommandError):
        check("letter.txt", b"")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_a_bomb_is_refused_before_it_is_unpacked(kind: str) -> None:
    side = 16_000
    data = BytesIO()
    Image.new("1", (side, side)).save(data, "PNG")
    if kind != "PNG":
        data = BytesIO(animation(kind, pictures.MAX_FRAMES + 1, (4, 4)))
    assert len(data.getvalue()) < 200_000
    with pytest.raises(CommandError) as refusal:
        check("small.png", data.getvalue())
    assert refusal.value.code == "bad_file"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\cv.pdf", "cv.pdf"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ('a"b\r\nSet-Cookie: c.txt', 'a"bSet-Cookie: c.txt'),
        ("茶 🍵.txt", "茶 🍵.txt"),
        ("...", "file"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"),
    ],
)
def test_names_are_harmless_and_stay_readable(name: str, expected: str) -> None:
    assert uploads.clean_name(name) == expected
