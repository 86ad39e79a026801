"""What the environment makes of the site, each time in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PRODUCTION = {
    "DEBUG": "off",
    "SECRET_KEY": "k3y-for-a-test-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2,
    "ALLOWED_HOSTS": "example.com",
    "DATABASE_URL": "postgres://user:password@localhost/site",
    "REDIS_URL": "redis://localhost",
    "EMAIL_URL": "smtp+tls://user:password@localhost:587",
}


def manage(site_folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=site_folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
def test_production_names_the_variable_that_is_missing(site_folder: Path, missing: str) -> None:
    run = manage(site_folder, "check", **{**PRODUCTION, missing: ""})
    last_line = run.stderr.strip().splitlines()[-1]
    assert run.returncode != 0
    assert missing in last_line
    assert all(
        name not in last_line
        for name in {"SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"} - {missing}
    )


def test_production_passes_the_deployment_checks(site_folder: Path) -> None:
    run = manage(site_folder, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert run.returncode == 0, run.stderr
    assert "no issues (0 silenced)" in run.stdout


@pytest.mark.parametrize("language", ["en-us", "fr", "de-at"])
def test_a_site_may_be_in_any_language(site_folder: Path, language: str) -> None:
    run = manage(site_folder, "check", "--fail-level", "WARNING", LANGUAGE_CODE=language)
    assert run.returncode == 0, run.stderr


def test_models_and_migrations_agree(site_folder: Path) -> None:
    run = manage(site_folder, "makemigrations", "--check", "--dry-run")
    assert run.returncode == 0, run.stdout
