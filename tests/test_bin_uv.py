"""bin/uv, which finds or installs uv and picks a Python, on machines that make it hard."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from services import require


@pytest.fixture
def site(default_site: Path, tmp_path: Path) -> Path:
    """Nothing but bin/uv, and a uv that was installed before."""
    uv = os.environ.get("UV") or require("uv", package="python3-venv, then use `make test`")
    for folder in ("bin", ".uv/bin", "shims"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy2(default_site / "bin/uv", tmp_path / "bin/uv")
    (tmp_path / ".uv/bin/uv").symlink_to(uv)
    return tmp_path


def bin_uv(site: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("UV")}
    return subprocess.run(
        ["bin/uv", *arguments],
        cwd=site,
        env=known | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def shim(site: Path, name: str) -> None:
    """A command that is on the PATH and leads nowhere."""
    path = site / "shims" / name
    path.write_text("#!/bin/sh\necho no such command >&2\nexit 127\n")
    path.chmod(0o755)


@pytest.mark.parametrize("uv", ["bin/uv", "./bin/uv", "/nowhere/uv"])
def test_a_wrong_idea_of_where_uv_is_does_no_harm(site: Path, uv: str) -> None:
    assert bin_uv(site, "--version", UV=uv).stdout.startswith("uv ")


def test_it_does_not_call_itself_when_its_folder_is_on_the_path(site: Path) -> None:
    path = f"{site}/bin:{os.environ['PATH']}"
    assert bin_uv(site, "--version", PATH=path).stdout.startswith("uv ")


def test_commands_that_lead_nowhere_are_passed_over(site: Path) -> None:
    for name in ("uv", "python3.14", "python3.13", "python3.12"):
        shim(site, name)
    path = f"{site}/shims:{os.environ['PATH']}"
    version = "import sys; print(sys.version_info >= (3, 12))"
    done = bin_uv(site, "run", "--no-project", "python", "-c", version, PATH=path)
    assert done.stdout == "True\n", done.stderr


def test_the_python_that_was_asked_for_is_used(site: Path) -> None:
    done = bin_uv(site, "run", "--no-project", "python", UV_PYTHON="/nowhere/python")
    assert done.returncode != 0
    assert "/nowhere/python" in done.stderr


def test_where_it_cannot_install_uv_it_says_what_is_missing(site: Path) -> None:
    shutil.rmtree(site / ".uv")
    for name in ("dirname", "rm"):
        (site / "shims" / name).symlink_to(require(name, package="coreutils"))
    done = bin_uv(site, "--version", PATH=f"{site}/shims")
    assert done.returncode == 1
    assert "Cannot install uv" in done.stderr
