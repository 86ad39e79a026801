"""The command, as a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .bot_api import TOKEN, LocalBotApi

type Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run(site_folder: Path) -> Iterator[Run]:
    """Start `manage.py runbot` with this environment."""
    processes: list[subprocess.Popen[str]] = []

    def run(**environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runbot"],
            cwd=site_folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def test_without_a_token_it_says_what_to_set(run: Run) -> None:
    bot = run(TELEGRAM_TOKEN="")
    output, _ = bot.communicate(timeout=60)
    assert "Set TELEGRAM_TOKEN" in output
    assert "Traceback" not in output
    assert bot.returncode == 1


def test_a_wrong_token_is_named_as_the_reason(run: Run, bot_api: LocalBotApi) -> None:
    bot = run(TELEGRAM_TOKEN="wrong", TELEGRAM_URL=bot_api.url)
    output, _ = bot.communicate(timeout=60)
    assert "refuses TELEGRAM_TOKEN: Unauthorized" in output
    assert bot.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_until_it_is_told_to_stop(
    run: Run, bot_api: LocalBotApi, number: signal.Signals
) -> None:
    bot_api.write("hello")
    bot = run(TELEGRAM_TOKEN=TOKEN, TELEGRAM_URL=bot_api.url, TELEGRAM_CHATS="7")
    bot_api.wait_until(lambda: bot_api.sent == [(7, "I know a few commands: /help")])
    bot.send_signal(number)
    output, _ = bot.communicate(timeout=60)
    assert output == "The bot is running.\n"
    assert bot.returncode == 0
    assert bot_api.unconfirmed == 0
