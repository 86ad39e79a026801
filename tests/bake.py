"""Generates a site from the working tree, with the default answers: python tests/bake.py FOLDER"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
SITE = "{{cookiecutter.project_slug}}"
PARTS = ["cookiecutter.json", "hooks", SITE]


def copy_template(target: Path, parts: list[str] = PARTS) -> Path:
    """Copies the template without what git ignores, which cookiecutter would put into the site."""
    if shutil.which("git") and (REPOSITORY / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *parts]
        listing = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
        files = [REPOSITORY / name for name in os.fsdecode(listing.stdout).split("\0")[:-1]]
    else:  # a fresh copy without its repository: only `make` has left something in it
        files = [
            path for part in parts for path in [REPOSITORY / part, *REPOSITORY.glob(f"{part}/**/*")]
        ]
        files = [path for path in files if not {".uv", ".venv", "__pycache__"} & set(path.parts)]
    for file in files:
        if file.is_file():
            copy = target / file.relative_to(REPOSITORY)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)
    return target


def clean_environment() -> dict[str, str]:
    """Without what `make test` and this project's own packages would pass on to those of a site."""
    own = {"DATABASE_URL", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "REDIS_URL", "VIRTUAL_ENV"}
    return {name: value for name, value in os.environ.items() if name not in own}


def cookiecutter(*arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command as somebody whose home is `home`, so with no configuration of yours."""
    return subprocess.run(
        [sys.executable, "-m", "cookiecutter", *map(str, arguments)],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def bake(template: Path, folder: Path, **answers: str) -> Path:
    """Generates a site in `folder`; if it is there, its data, packages and secret key stay."""
    options = ["--no-input", "--overwrite-if-exists", f"--output-dir={folder}"]
    given = [f"{prompt}={answer}" for prompt, answer in answers.items()]
    with tempfile.TemporaryDirectory() as home:
        baked = cookiecutter(template, *options, *given, home=Path(home))
    assert baked.returncode == 0, baked.stdout + baked.stderr
    [site] = folder.iterdir()
    return site


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        bake(copy_template(Path(scratch)), Path(sys.argv[1]))
