from collections.abc import Iterator

import pytest
from pytest_django import Settings

from .bot_api import LocalBotApi


@pytest.fixture(autouse=True)
def in_english(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests know what the bot says, also that in a process of its own."""
    settings.LANGUAGE_CODE = "en"
    monkeypatch.setenv("LANGUAGE_CODE", "en")


@pytest.fixture
def bot_api() -> Iterator[LocalBotApi]:
    api = LocalBotApi()
    yield api
    api.stop()
