"""What the documentation says of the tests is so."""

import re
from pathlib import Path

import pytest

TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


@pytest.mark.parametrize("page", ["docs/reliability.md"])
def test_every_test_that_a_page_names_is_there(site_folder: Path, page: str) -> None:
    named = TEST.findall((site_folder / page).read_text())
    assert named
    missing = [
        f"{file}::{name}" for file, name in named if f"def {name}(" not in _text(site_folder / file)
    ]
    assert missing == []


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""
