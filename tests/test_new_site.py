"""What the last hook leaves: a secret key, a repository, and what to do next."""

import re
import stat
import subprocess
from pathlib import Path

import pytest
from bake import bake as bake_into
from bake import cookiecutter
from conftest import Bake


def git(site: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=site, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def secret_key(site: Path) -> str:
    [key] = re.findall(r"^SECRET_KEY=(\S{50,})$", (site / ".env").read_text(), re.MULTILINE)
    return str(key)


def test_each_site_gets_a_secret_key_of_its_own(bake: Bake, default_site: Path) -> None:
    assert secret_key(bake()) != secret_key(default_site)


def test_only_the_owner_can_read_the_secret_key(default_site: Path) -> None:
    assert stat.S_IMODE((default_site / ".env").stat().st_mode) == 0o600


def test_the_secret_key_is_in_no_other_file(default_site: Path) -> None:
    key = secret_key(default_site)
    files = [path for path in default_site.rglob("*") if path.is_file() and path.name != ".env"]
    assert [path for path in files if key.encode() in path.read_bytes()] == []


def test_git_tracks_everything_but_the_secret_key(bake: Bake) -> None:
    site = bake()
    git(site, "add", "--all")
    tracked = set(git(site, "ls-files", "-z").split("\0")[:-1])
    present = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    assert {name for name in present - tracked if not name.startswith(".git/")} == {".env"}


def test_the_repository_is_on_main_and_has_no_commit(default_site: Path) -> None:
    assert git(default_site, "status", "--short", "--branch").startswith(
        "## No commits yet on main"
    )


def test_a_site_inside_a_repository_gets_none_of_its_own(template: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert not (bake_into(template, tmp_path / "sites") / ".git").exists()


def test_a_site_that_the_repository_around_it_ignores_gets_its_own(
    template: Path, tmp_path: Path
) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("/sites/\n")
    assert (bake_into(template, tmp_path / "sites") / ".git").is_dir()


def test_a_site_is_generated_without_git_as_well(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    site = bake_into(template, tmp_path / "sites")
    assert (site / ".env").exists()
    assert not (site / ".git").exists()


def test_generating_again_keeps_the_secret_key(template: Path, tmp_path: Path) -> None:
    key = secret_key(bake_into(template, tmp_path))
    assert secret_key(bake_into(template, tmp_path)) == key


def test_the_next_steps_are_told(template: Path, tmp_path: Path) -> None:
    output = tmp_path / "a folder"
    name = "project_name=Tea & Talk"
    done = cookiecutter(template, "--no-input", name, "-o", output, home=tmp_path)
    assert "Tea & Talk is ready." in done.stdout
    [cd] = re.findall(r"^ *(cd .*)$", done.stdout, re.MULTILINE)
    pwd = subprocess.run(f"{cd} && pwd", shell=True, stdout=subprocess.PIPE, text=True, check=True)
    assert pwd.stdout.strip() == str(output / "tea_talk")
    assert "make run" in done.stdout
    assert "http://127.0.0.1:8000" in done.stdout


def test_a_terminal_that_lacks_letters_of_the_name_is_no_obstacle(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = cookiecutter(
        template, "--no-input", "project_name=茶と話", "-o", tmp_path / "sites", home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "make run" in done.stdout
