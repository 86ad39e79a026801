"""What the site says is translated, as a whole: see docs/translations.md."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.utils.translation.template import templatize

type MessageId = str | tuple[str, ...]

LANGUAGES = sorted(
    path.name for path in Path(settings.BASE_DIR, "locale").iterdir() if path.is_dir()
)
KEYWORDS = DEFAULT_KEYWORDS | {
    f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext")
}
KEPT = re.compile(r"\{\w+\}|</?\w+|@bot \w+|/\w+(?= )")  # in the translation as in the original


def catalogue(language: str) -> Catalog:
    with (files_of(language) / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def files_of(language: str) -> Path:
    return Path(settings.BASE_DIR, "locale", language, "LC_MESSAGES")


def translations(messages: Catalog) -> dict[MessageId, list[str]]:
    """Each in all its forms: one, or those of a plural."""
    return {
        message.id if isinstance(message.id, str) else tuple(message.id): forms(message)
        for message in messages
        if message.id
    }


def forms(message: Message) -> list[str]:
    return (
        [message.string or ""]
        if not isinstance(message.string, list | tuple)
        else [*message.string]
    )


def said_by_the_site() -> set[MessageId]:
    folders = [Path(app.path) for app in apps.get_app_configs()]
    own = [folder for folder in folders if folder.parent == settings.BASE_DIR]
    files = [
        file
        for folder in (settings.BASE_DIR / "templates", settings.BASE_DIR / "config", *own)
        for file in folder.rglob("*")
        if file.suffix in {".html", ".txt", ".py"} and "tests" not in file.parts
    ]
    return {message for file in files for message in said_by(file)}


def said_by(file: Path) -> Iterator[MessageId]:
    source = file.read_text()
    if file.suffix != ".py":
        lines = templatize(source, origin=str(file)).splitlines()
        source = "\n".join(line.strip() for line in lines)  # or Python would miss its blocks
    for _line, message, _comments, _context in extract(
        "python", io.BytesIO(source.encode()), KEYWORDS
    ):
        yield message


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_the_site_says_is_translated_and_nothing_else(language: str) -> None:
    said, known = said_by_the_site(), translations(catalogue(language)).keys()
    assert "Save" in said
    assert said - known == set(), "These are not in the catalogue: run `make messages`."
    assert known - said == set(), "Nothing says these any more: run `make messages`."


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_empty_or_guessed(language: str) -> None:
    messages = catalogue(language)
    assert [
        message for message, strings in translations(messages).items() if not all(strings)
    ] == []
    assert [message.id for message in messages if message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_placeholders_markup_and_commands(language: str) -> None:
    messages = catalogue(language)
    assert [(message.id, errors) for message, errors in messages.check()] == []
    for message, strings in translations(messages).items():
        if isinstance(message, str):
            assert sorted(KEPT.findall(strings[0])) == sorted(KEPT.findall(message))


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_translations_are_up_to_date(language: str) -> None:
    with (files_of(language) / "django.mo").open("rb") as file:
        compiled = translations(read_mo(file))
    assert compiled == translations(catalogue(language)), "Run `make messages`."
