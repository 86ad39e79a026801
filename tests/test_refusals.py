"""Bad answers are refused, good ones taken. Each run of cookiecutter tries one of every prompt."""

import json
import re
import subprocess
import tomllib
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from bake import REPOSITORY, cookiecutter
from conftest import Bake
from cookiecutter.generate import generate_context
from cookiecutter.prompt import prompt_for_config

IDENTIFIER = "must be a Python identifier"
KEYWORD = "is a keyword of Python"
STANDARD = "is the name of a module of Python's"
NEEDED = "is the name of a package the site needs"
OWN = "is the name of a part of the site"
EMPTY = "must not be empty"
ONE_LINE = "must be one line of text"
EMAIL = "must be an e-mail address"
DOMAIN = "must be a domain name"
TIME_ZONE = "must be a time zone's name"
LANGUAGE = "must be the code of a language"
REFUSED = {
    "project_slug": [
        ("my-site", IDENTIFIER),
        ("2nd_site", IDENTIFIER),
        ("my site", IDENTIFIER),
        ("café", IDENTIFIER),
        ("a/b", IDENTIFIER),
        ("a/b/c", IDENTIFIER),
        ("../beside", IDENTIFIER),
        ("class", KEYWORD),
        ("none", KEYWORD),
        ("calendar", STANDARD),
        ("Test", STANDARD),
        ("django", NEEDED),
        ("channels_redis", NEEDED),
        ("accounts", OWN),
        ("tests", OWN),
    ],
    "project_name": [("", EMPTY), ("  ", EMPTY), ("two\nlines", ONE_LINE), ("a\u2028b", ONE_LINE)],
    "description": [("a bell\a", ONE_LINE), ("\x7f", ONE_LINE)],
    "author_name": [("", EMPTY), ("a\ttab", ONE_LINE)],
    "author_email": [
        ("", EMAIL),
        ("nobody", EMAIL),
        ("a b@example.com", EMAIL),
        ("a@b@example.com", EMAIL),
        ("a@example", EMAIL),
        ('a"b@example.com', EMAIL),
        ("a\n@example.com", ONE_LINE),
    ],
    "domain_name": [
        ("", DOMAIN),
        ("example", DOMAIN),
        ("https://example.com", DOMAIN),
        ("example.com:8000", DOMAIN),
        ("-a.example.com", DOMAIN),
        ("a..example.com", DOMAIN),
        ("under_score.example.com", DOMAIN),
        ("127.0.0.1", DOMAIN),
        (f"{'a' * 64}.com", DOMAIN),
        (f"{'a.' * 126}com", DOMAIN),
        ("bücher.example.com", DOMAIN),
    ],
    "time_zone": [
        ("", TIME_ZONE),
        ("Europe/Atlantis", TIME_ZONE),
        ("europe/berlin", TIME_ZONE),
        ("Europe", TIME_ZONE),
        ("../UTC", TIME_ZONE),
    ],
    "language_code": [("", LANGUAGE), ("english", LANGUAGE), ("xx", LANGUAGE), ("en_US", LANGUAGE)],
}
ROUNDS = [
    {prompt: case for prompt, case in zip(REFUSED, cases, strict=True) if case}
    for cases in zip_longest(*REFUSED.values())
]
GOOD = [
    {
        "project_slug": "MySite2",
        "author_email": "o'neil+site@mail.example.co.uk",
        "domain_name": "xn--bcher-kva.example.com",
        "time_zone": "America/Argentina/Buenos_Aires",
        "language_code": "de-at",
        "description": "",
    },
    {"domain_name": "Example.COM", "time_zone": "Etc/GMT+1", "language_code": "zh-hant"},
]


def refused(template: Path, folder: Path, **answers: str) -> list[str]:
    """The sentences. Checks that generation failed and left nothing."""
    output = folder / "output"
    output.mkdir()
    given = [f"{prompt}={answer}" for prompt, answer in answers.items()]
    done = cookiecutter(template, "--no-input", "-o", output, *given, home=folder / "home")
    assert done.returncode == 1
    assert list(output.iterdir()) == []
    assert {path.name for path in folder.iterdir()} <= {"output", "home"}
    return [line for line in done.stderr.splitlines() if line.endswith(".")]


@pytest.mark.parametrize("cases", ROUNDS, ids=lambda cases: cases["project_slug"][0])
def test_each_bad_answer_is_refused_in_one_sentence_and_nothing_is_left(
    template: Path, tmp_path: Path, cases: dict[str, tuple[str, str]]
) -> None:
    answers = {prompt: answer for prompt, (answer, _) in cases.items()}
    sentences = refused(template, tmp_path, **answers)
    assert len(sentences) == len(cases)
    for prompt, (answer, reason) in cases.items():
        [sentence] = [line for line in sentences if line.startswith(f"{prompt} {answer!r} ")]
        assert reason in sentence


# What is typed comes as it is, but Jinja given on the command line is rendered: to these marks.
@pytest.mark.parametrize("mark", ["{{", "{%", "{#"])
def test_marks_of_a_template_are_refused(template: Path, tmp_path: Path, mark: str) -> None:
    [sentence] = refused(template, tmp_path, description=f"{{{{ '{mark}' }}}}")
    assert "must not contain" in sentence


def test_folders_that_were_there_before_a_refusal_stay(template: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/precious").touch()
    cookiecutter(template, "--no-input", "-o", tmp_path, "project_slug=a/b/c", home=tmp_path)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["precious"]


@pytest.mark.parametrize("answers", GOOD, ids=["first", "second"])
def test_good_answers_are_taken(bake: Bake, answers: dict[str, str]) -> None:
    assert bake(**answers).is_dir()


@pytest.fixture(scope="module")
def hook() -> dict[str, Any]:
    namespace = {"__name__": "pre_gen_project"}
    exec((REPOSITORY / "hooks/pre_gen_project.py").read_text(), namespace)
    return namespace


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Tea & Talk", "tea_talk"),
        ("Calendar", "calendar_site"),
        ("Django", "django_site"),
        ("Class", "class_site"),
        ("3D Printing", "site_3d_printing"),
        ("Café Zürich", "cafe_zurich"),
        ("茶と話", "cha_tohua"),
        ("🍵", "my_site"),
        ("A" * 100, "a" * 40 + "_site"),
    ],
)
def test_the_slug_derived_from_a_name_is_good(hook: dict[str, Any], name: str, slug: str) -> None:
    context = generate_context(
        str(REPOSITORY / "cookiecutter.json"), extra_context={"project_name": name}
    )
    answers = prompt_for_config(context, no_input=True)
    assert answers["project_slug"] == slug
    assert hook["bad_slug"](slug) == ""


def test_no_part_of_the_site_can_be_its_name(hook: dict[str, Any], default_site: Path) -> None:
    parts = [path for path in default_site.iterdir() if path.is_dir() or path.suffix == ".py"]
    names = {path.stem for path in parts if not path.name.startswith(".")}
    assert [name for name in sorted(names) if not hook["bad_slug"](name)] == []


def ask(site: Path, expression: str) -> Any:
    """The value of a Python expression, to the packages of the site."""
    code = f"import json; print(json.dumps({expression}))"
    answer = subprocess.run(
        [site / ".venv/bin/python", "-c", code], stdout=subprocess.PIPE, check=True
    )
    return json.loads(answer.stdout)


def test_no_package_the_site_depends_on_can_be_its_name(
    hook: dict[str, Any], installed_site: Path
) -> None:
    project = tomllib.loads((installed_site / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    packages = {re.split(r"[^A-Za-z0-9-]", requirement)[0] for requirement in wanted}
    imports = ask(
        installed_site, "__import__('importlib.metadata').metadata.packages_distributions()"
    )
    names = {name for name, owners in imports.items() if packages & set(owners)}
    assert [name for name in sorted(names) if not hook["bad_slug"](name)] == []


def test_every_language_that_django_speaks_is_taken(
    hook: dict[str, Any], installed_site: Path
) -> None:
    languages = ask(
        installed_site, "__import__('django.conf.global_settings').conf.global_settings.LANGUAGES"
    )
    assert hook["LANGUAGES"] == {code for code, _ in languages}


def test_a_machine_without_time_zone_data_takes_what_looks_like_a_zone(
    hook: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    assert hook["bad_time_zone"]("America/Argentina/Buenos_Aires") == ""
    assert hook["bad_time_zone"]("../UTC") != ""


def test_a_python_without_a_list_of_its_modules_looks_for_them(
    hook: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("sys.stdlib_module_names")
    assert "calendar" in hook["standard_library"]()
