from collections.abc import Iterator

import pytest

from .bot_api import LocalBotApi


@pytest.fixture
def bot_api() -> Iterator[LocalBotApi]:
    api = LocalBotApi()
    yield api
    api.stop()
