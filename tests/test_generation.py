"""The ways to a site: from a repository, from a zip, again with the same answers, by cruft."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bake import SITE, bake, cookiecutter

NAME = """Ann's "Tea" & Talk \\ 🍵"""
IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ann"), ("EMAIL", "ann@example.com"))
}


def run(*command: str | Path, cwd: Path) -> str:
    environment = os.environ | IDENTITY | {"HOME": str(cwd.parent)}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(folder: Path, message: str) -> str:
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "-q", "-m", message, cwd=folder)
    return run("git", "rev-parse", "HEAD", cwd=folder).strip()


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """The template, committed."""
    folder = tmp_path / "cookiecutter-django-channels"
    shutil.copytree(template, folder)
    run("git", "init", "-q", "-b", "main", cwd=folder)
    commit(folder, "First")
    return folder


def content(site: Path) -> dict[Path, bytes]:
    """All files but those that differ from site to site."""
    return {
        path.relative_to(site): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file() and not {".git", ".env"} & set(path.relative_to(site).parts)
    }


@pytest.fixture
def expected(template: Path, tmp_path: Path) -> dict[Path, bytes]:
    return content(bake(template, tmp_path / "expected", project_name=NAME))


def generate(source: str | Path, folder: Path, *arguments: str) -> Path:
    done = cookiecutter(source, *arguments, "--output-dir", folder, home=folder.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    [site] = folder.iterdir()
    return site


def test_from_a_git_repository(
    repository: Path, tmp_path: Path, expected: dict[Path, bytes]
) -> None:
    answers = ["--no-input", f"project_name={NAME}"]
    site = generate(f"file://{repository}", tmp_path / "sites", *answers)
    assert content(site) == expected


def test_from_a_zip_of_the_repository(
    repository: Path, tmp_path: Path, expected: dict[Path, bytes]
) -> None:
    file = tmp_path / "template.zip"
    run("git", "archive", "--prefix=template/", f"--output={file}", "HEAD", cwd=repository)
    site = generate(file, tmp_path / "sites", "--no-input", f"project_name={NAME}")
    assert content(site) == expected


def test_again_with_the_same_answers(
    template: Path, tmp_path: Path, expected: dict[Path, bytes]
) -> None:
    first = generate(template, tmp_path / "first", "--no-input", f"project_name={NAME}")
    again = generate(template, tmp_path / "again", "--replay")
    assert content(again) == content(first) == expected


def test_cruft_brings_a_site_to_a_later_commit_of_the_template(
    repository: Path, tmp_path: Path
) -> None:
    answers = json.dumps({"project_name": NAME, "license": "BSD-3-Clause"})
    cruft = [sys.executable, "-m", "cruft"]
    run(*cruft, "create", repository, "--no-input", "--extra-context", answers, cwd=tmp_path)
    site = tmp_path / "ann_s_tea_talk"
    # Its owner works on it
    (site / "manage.py").write_text((site / "manage.py").read_text() + "# my own line\n")
    commit(site, "Mine")
    key = (site / ".env").read_text()
    # The template goes on
    settings = repository / SITE / "config/settings.py"
    settings.write_text(settings.read_text() + '\nLATER = "{{ cookiecutter.__project_name }}"\n')
    (repository / SITE / "docs").mkdir(exist_ok=True)
    (repository / SITE / "docs/later.md").write_text("Later\n")
    (repository / SITE / ".editorconfig").unlink()
    later = commit(repository, "Second")

    run(*cruft, "update", "--skip-apply-ask", cwd=site)

    assert json.loads((site / ".cruft.json").read_text())["commit"] == later
    assert (
        (site / "config/settings.py")
        .read_text()
        .endswith(f"\nLATER = {json.dumps(NAME, ensure_ascii=False)}\n")
    )
    assert (site / "docs/later.md").read_text() == "Later\n"
    assert not (site / ".editorconfig").exists()
    assert (site / "manage.py").read_text().endswith("# my own line\n")
    assert (site / ".env").read_text() == key
    assert list(site.rglob("*.rej")) == []
