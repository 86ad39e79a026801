"""A generated site passes its own tests and checks: alone, on Redis and PostgreSQL, named oddly.

They take as long as all others: see `pytest_collection_modifyitems` for their order.
"""

import re
import subprocess
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest
from bake import clean_environment
from conftest import Bake
from services import REQUIRE_ALL

FAULTS = "tests/faults"  # which bring their own services and take minutes
# Whatever the answers and the services are
THE_SAME = (
    FAULTS,
    "tests/test_accessibility.py",
    "tests/test_history_in_browsers.py",
    "tests/test_javascript.py",
    "tests/test_keyboard_in_browsers.py",
    "tests/test_translations.py",
    "tests/test_uploads_in_browsers.py",
)
# Whatever the services are
THE_SAME_WITH_SERVICES = (
    *THE_SAME,
    "tests/test_messages_in_browsers.py",
    "tests/test_rooms_in_browsers.py",
)
# Whatever the answers are
THE_SAME_WITH_ANSWERS = (
    *THE_SAME,
    "chat/tests/test_feed.py",
    "chat/tests/test_hostile_frames.py",
    "chat/tests/test_uploads.py",
    "realtime",
    "tests/test_fallback_in_browsers.py",
    "tests/test_http_streams.py",
    "tests/test_outage_in_browsers.py",
)


FAILED = re.compile(r"^(?:FAILED|ERROR) \S+::.*$", re.MULTILINE)
SKIPPED = re.compile(r"^SKIPPED (.*)$", re.MULTILINE)


def make(site: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-C", str(site), *arguments],
        env=clean_environment() | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def run_its_tests(
    site: Path, *folders: str, without: Sequence[str] = (), **environment: str
) -> list[str]:
    """Returns why some were skipped, where none may be.

    What fails is run once more, by itself, and named in a warning: among two thousand tests in
    real browsers and against real services, one may meet a machine that stands still.
    """
    arguments = " ".join(
        ["-rfEs", "--tb=short", *folders, *(f"--ignore={path}" for path in without)]
    )
    done = make(site, "test", f"ARGS={arguments}", **environment)
    skipped = SKIPPED.findall(done.stdout)
    if done.returncode != 0:
        warnings.warn("Failed at first: " + "; ".join(FAILED.findall(done.stdout)), stacklevel=2)
        done = make(site, "test", f"ARGS=--last-failed {arguments}", **environment)
    assert done.returncode == 0, "\n".join(FAILED.findall(done.stdout)) + done.stdout[-6000:]
    return skipped if REQUIRE_ALL else []


def check(site: Path) -> None:
    done = make(site, "check")
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def odd_site(bake: Bake) -> Path:
    """Its people sign in by e-mail."""
    return bake(
        project_name="""Ann's "Tea" & Talk, Long as Names May Be, 🍵 \\ é </script> {0} %s""",
        description="""'; rm -rf / # "$HOME" \\""",
        author_name="Zoë O'Neil",
        language_code="de",
        time_zone="Pacific/Chatham",
        sign_in_by="email",
    )


def test_its_own_tests_pass_on_redis_and_postgresql(
    installed_site: Path, redis_url: str, postgres_url: str
) -> None:
    urls = {"REDIS_URL": redis_url, "DATABASE_URL": postgres_url}
    skipped = run_its_tests(installed_site, without=THE_SAME_WITH_SERVICES, **urls)
    assert [reason for reason in skipped if "needs SQLite" not in reason] == []


def test_its_own_tests_in_browsers_pass_without_any_service(installed_site: Path) -> None:
    skipped = run_its_tests(installed_site, "tests", without=[FAULTS])
    assert [reason for reason in skipped if "needs " not in reason] == []


def test_its_own_tests_of_faults_pass(installed_site: Path) -> None:
    assert run_its_tests(installed_site, FAULTS) == []


def test_its_apps_own_tests_pass_without_any_service(installed_site: Path) -> None:
    skipped = run_its_tests(installed_site, without=["tests"])
    assert [reason for reason in skipped if "needs " not in reason] == []


def test_its_own_checks_pass(installed_site: Path) -> None:
    check(installed_site)


def test_its_own_tests_pass_with_odd_answers_and_sign_in_by_email(odd_site: Path) -> None:
    run_its_tests(odd_site, without=THE_SAME_WITH_ANSWERS)


def test_its_own_checks_pass_with_odd_answers_and_sign_in_by_email(odd_site: Path) -> None:
    check(odd_site)
