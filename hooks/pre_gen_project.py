"""Refuses answers that would make a broken site, before anything is written."""

import json
import keyword
import os
import re
import subprocess
import sys
import unicodedata
import zoneinfo
from collections.abc import Iterator

OWN_PARTS = set(
    """
    accounts bin chat chatbot config conftest docs locale manage realtime static templates tests
    worker
    """.split()
)
DEPENDENCIES = set(
    """
    allauth asgiref axe_playwright_python babel channels channels_redis click cronsim daphne django
    django_tasks_db environ h11 hiredis hypothesis msgspec mypy mypy_django_plugin mypyc pil
    playwright prometheus_client psycopg psycopg_binary psycopg_pool py pytest pytest_asyncio
    pytest_django pytest_playwright pytest_randomly redis ruff sentry_sdk sortedcontainers twisted
    uvicorn websockets whitenoise
    """.split()
)
LANGUAGES = set(  # of django.conf.global_settings
    """
    af ar ar-dz ast az be bg bn br bs ca ckb cs cy da de dsb el en en-au en-gb eo es es-ar es-co
    es-mx es-ni es-ve et eu fa fi fr fy ga gd gl he hi hr hsb ht hu hy ia id ig io is it ja ka kab
    kk km kn ko ky lb lt lv mk ml mn mr ms my nb ne nl nn os pa pl pt pt-br ro ru sk sl sq sr
    sr-latn sv sw ta te tg th tk tr tt udm ug uk ur uz vi zh-hans zh-hant
    """.split()
)
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"({LABEL}\.)+(?![0-9]+$){LABEL}", re.IGNORECASE | re.ASCII)
ATOM = r"[a-z0-9!#%&'*+/=?^_~-]+"
MAILBOX = re.compile(rf"{ATOM}(\.{ATOM})*", re.IGNORECASE | re.ASCII)
NOT_PLAIN_TEXT = {"Cc", "Cs", "Zl", "Zp"}  # control characters, half characters, line breaks
TEMPLATE_MARKS = [
    "{" + mark for mark in ("{", "%", "#")
]  # `cruft update` renders the answers again


def standard_library() -> set[str]:
    """The names of its modules; Python 3.9 has no list of them."""
    folder = os.path.dirname(os.__file__)
    found = {name.split(".")[0] for name in os.listdir(folder)}
    return {"test", *getattr(sys, "stdlib_module_names", found)}


def bad_text(answer: str) -> str:
    if any(unicodedata.category(character) in NOT_PLAIN_TEXT for character in answer):
        return "must be one line of text without control characters"
    if any(mark in answer for mark in TEMPLATE_MARKS):
        return f"must not contain {', '.join(TEMPLATE_MARKS)}"
    return ""


def bad_name(answer: str) -> str:
    return "" if answer.strip() else "must not be empty"


def bad_slug(answer: str) -> str:
    if not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", answer):
        return "must be a Python identifier: a letter, then letters, digits and underscores"
    name = answer.lower()  # some file systems do not tell Chat from chat
    if name in [word.lower() for word in keyword.kwlist]:
        return f"is a keyword of Python; take another, such as {name}_site"
    if name in OWN_PARTS:
        return f"is the name of a part of the site; take another, such as {name}_site"
    if name in DEPENDENCIES:
        return f"is the name of a package the site needs; take another, such as {name}_site"
    if name in standard_library() or answer in standard_library():
        return f"is the name of a module of Python's; take another, such as {name}_site"
    return ""


def bad_email(answer: str) -> str:
    mailbox, _, domain = answer.rpartition("@")
    good = MAILBOX.fullmatch(mailbox) and not bad_domain(domain)
    return "" if good else "must be an e-mail address, such as you@example.com"


def bad_domain(answer: str) -> str:
    good = DOMAIN.fullmatch(answer) and len(answer) <= 253
    return "" if good else "must be a domain name, such as chat.example.com"


def bad_time_zone(answer: str) -> str:
    known = zoneinfo.available_timezones()
    if not known:  # this machine has no time zone data, so the form has to do
        known = {answer} if re.fullmatch(r"[A-Za-z]+([/_+-][A-Za-z0-9]+)*", answer) else set()
    return "" if answer in known else "must be a time zone's name, such as Europe/Berlin"


def bad_language(answer: str) -> str:
    # Django falls back from de-at to de.
    good = re.fullmatch("[a-z]{2,3}(-[a-z0-9]{2,8})*", answer) and (
        answer in LANGUAGES or answer.split("-")[0] in LANGUAGES
    )
    return "" if good else "must be the code of a language Django speaks, such as en-us or pt-br"


CHECKS = {
    "project_name": bad_name,
    "project_slug": bad_slug,
    "author_name": bad_name,
    "author_email": bad_email,
    "domain_name": bad_domain,
    "time_zone": bad_time_zone,
    "language_code": bad_language,
}


def refusals(answers: dict[str, str]) -> Iterator[str]:
    """Yields a sentence for each bad answer."""
    for prompt, answer in answers.items():
        if not prompt.startswith("_"):
            reason = bad_text(answer) or CHECKS.get(prompt, bad_text)(answer)
            if reason:
                yield f"{prompt} {answer!r} {reason}."


def remove_empty_parents(folder: str, output_folder: str) -> None:
    """Has what a slug such as a/b made above it removed, once cookiecutter has removed `folder`."""
    parents = []
    parent, name = os.path.split(folder)
    while os.listdir(parent) == [name] and os.path.commonpath([parent, output_folder]) != parent:
        parents.append(parent)
        parent, name = os.path.split(parent)
    wait_and_remove = """
import os, sys, time
folder, *parents = sys.argv[1:]
for _ in range(500):
    if not os.path.exists(folder):
        for parent in parents:
            os.rmdir(parent)
        break
    time.sleep(0.01)
"""
    command = [sys.executable, "-c", wait_and_remove, folder, *parents]
    subprocess.Popen(command, cwd=output_folder)


def main() -> None:
    answers = json.loads(r"""{{ cookiecutter | tojson }}""")
    sentences = list(refusals(answers))
    if not sentences:
        return
    print(*sentences, sep="\n", file=sys.stderr)
    folder = os.getcwd()
    if os.path.basename(folder) != answers["project_slug"] and "_output_dir" in answers:
        remove_empty_parents(folder, os.path.realpath(answers["_output_dir"]))
    sys.exit(1)


if __name__ == "__main__":
    main()
