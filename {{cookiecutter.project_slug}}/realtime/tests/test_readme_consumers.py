"""The examples of the section "Consumers" in README.md do what it says."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AbstractUser
from pytest_django import Settings

from accounts.models import User
from chat import services
from chat.models import Room
from realtime import commands, consumer, crud, groups, mixins, rooms, subscriptions

from .clients import Visit

README = (Path(__file__).parent.parent / "README.md").read_text()
SECTION = README.partition("\n## Consumers\n")[2].partition("\n## ")[0]
EXAMPLES = re.findall(r"### (.+?)\n.*?```python\n(.*?)```(?:\n\n```\n(.*?)```)?", SECTION, re.S)
CONVERSATIONS = {title: (code, talk) for title, code, talk in EXAMPLES if talk}

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)


@pytest.fixture(autouse=True)
def in_english(settings: Settings) -> None:
    settings.LANGUAGE_CODE = "en"


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": f"example_{uuid4().hex}", "Any": Any}
    names |= {"Room": Room, "services": services}
    for module in (commands, consumer, crud, groups, mixins, rooms, subscriptions):
        names |= vars(module) | {"__name__": names["__name__"]}
    exec(code, names)
    return names


@pytest.fixture
def admin() -> AbstractUser:
    return User.objects.create_superuser("admin")


@pytest.mark.parametrize("title", CONVERSATIONS)
async def test_the_example_talks_as_written(visit: Visit, admin: AbstractUser, title: str) -> None:
    code, talk = CONVERSATIONS[title]
    if title == "ObjectSubscribeConsumer":
        await Room.objects.acreate(name="General", slug="general")
    [(name, route)] = re.findall(r"^class (\w+)\(.*\):  # ws/(.+)/$", code, re.M)
    path = re.sub(r"<.*?>", "1", route)
    client = await visit(run(code)[name].as_asgi(), path, route=route, user=admin)
    for line in talk.splitlines():
        payload = json.loads(line[3:])
        if line.startswith("->"):
            await client.send(payload)
        else:
            assert await client.receive() == payload
    assert await client.hears_nothing()


def test_what_has_no_conversation_runs() -> None:
    [code] = [code for title, code, talk in EXAMPLES if not talk]
    assert "Group(" in code
    run(code)


def test_all_examples_were_found() -> None:
    assert len(EXAMPLES) == SECTION.count("```python") == 7
    assert len(CONVERSATIONS) == 6
