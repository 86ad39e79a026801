"""The template as a clone of it would be, and sites generated from it."""

import os
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

import pytest
import services
from bake import bake as bake_into
from bake import clean_environment, copy_template
from playwright.sync_api import expect

expect.set_options(timeout=30_000)  # milliseconds, on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first in each lane of `make test`, which takes an equal part of them all."""
    lanes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.path.name == "test_generated_site.py"]
    short = iter([item for item in items if item not in long])
    size = len(items) // lanes
    items[:] = []
    for lane in range(lanes):
        first = long[lane::lanes]
        items += [*first, *islice(short, max(size - len(first), 0))]
    items += short


class Bake(Protocol):
    def __call__(self, **answers: str) -> Path: ...


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def bake(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Bake:
    """Generate a site: `bake(project_name="Tea & Talk")` returns its folder."""

    def bake(**answers: str) -> Path:
        return bake_into(template, tmp_path_factory.mktemp("baked"), **answers)

    return bake


@pytest.fixture(scope="session")
def default_site(bake: Bake) -> Path:
    """Generated with the default answers. To look at, not to change."""
    return bake()


@pytest.fixture(scope="session")
def installed_site(bake: Bake) -> Path:
    """Generated with the default answers, its packages installed."""
    site = bake()
    sync = ["bin/uv", "sync", "--quiet", "--locked"]
    subprocess.run(sync, cwd=site, env=clean_environment(), check=True)
    return site


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with services.redis() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with services.postgres() as url:
        yield url
