"""The Dockerfile, the image that it makes, and what production asks for before it starts."""

import json
import os
import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from compose_stack import Stack, docker, require_docker

SECRETS = {"SECRET_KEY": secrets.token_urlsafe(50), "POSTGRES_PASSWORD": secrets.token_hex(16)}


@pytest.fixture(scope="module")
def image(bake: Callable[[], Path]) -> Iterator[str]:
    """Built where somebody has secrets at hand, and files of their own."""
    require_docker()
    site = bake()
    (site / ".env").write_text("".join(f"{name}={value}\n" for name, value in SECRETS.items()))
    (site / "db.sqlite3").write_text(SECRETS["SECRET_KEY"])
    stack = Stack(site, "compose.production.yaml", **SECRETS)
    try:
        stack.compose("build", "web")
        yield f"{stack.project}-web"
    finally:
        stack.down()


def test_hadolint_finds_nothing_in_the_dockerfile(default_site: Path) -> None:
    done = subprocess.run(["hadolint", default_site / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_holds_no_secret_and_no_local_file(image: str) -> None:
    told = docker("history", "--no-trunc", image) + docker("inspect", image)
    assert not [secret for secret in SECRETS.values() if secret in told]
    look = ["run", "--rm", "--network", "none", "--user", "root", image]
    words = "|".join(map(re.escape, SECRETS.values()))
    folders = ["/app", "/home", "/root", "/tmp", "/venv"]
    assert not docker(*look, "grep", "-rElE", words, *folders, check=False)
    assert not docker(*look, "find", "/app", "-name", ".*", "-o", "-name", "compose*.yaml")


def test_the_image_alone_is_a_production_site_without_root(image: str) -> None:
    config = json.loads(docker("inspect", image))[0]["Config"]
    assert "DEBUG=off" in config["Env"]
    assert config["User"] not in ("", "0", "root")
    refused = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", image], capture_output=True, text=True
    )
    assert refused.returncode != 0
    assert "SECRET_KEY, ALLOWED_HOSTS, DATABASE_URL" in refused.stderr


@pytest.mark.parametrize("missing", list(SECRETS))
def test_production_names_the_secret_that_is_missing(default_site: Path, missing: str) -> None:
    require_docker()
    command = ["docker", "compose", "--file", "compose.production.yaml", "config", "--quiet"]
    environment = os.environ | SECRETS | {missing: ""}
    done = subprocess.run(
        command, cwd=default_site, env=environment, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert missing in done.stderr
