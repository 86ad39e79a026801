"""What a generated site holds, for ordinary answers and for awkward ones."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from bake import SITE
from bake import bake as bake_into
from conftest import Bake

# May hold Jinja; every other file of the template is copied as it is.
RENDERED = ["config/settings.py", "pyproject.toml", "README.md", ".env.example", "licences/*"]
RENDERED += ["compose.yaml", "compose.production.yaml", "Caddyfile"]
JINJA = re.compile(r"{{[^}]*cookiecutter|{%[^%]*(cookiecutter|now 'utc')")

AWKWARD = [  # each is tried as the name, the description and the author
    """Ann's "Tea" & Talk, Café Zürich 茶と話 🍵👩‍👧 </script><script>alert(1)</script> &amp;""",
    r"C:\new\table \"quoted\" \u0041 '; rm -rf / # #{a} ${b} $(c) `d` %HOME% %s %(e)s {0} {f} \\",
    "$HOME sweet home: [no, - &anchor *alias !tag | > @",
    "- yes: [no",
    "'''" + '"""',
    " padded ",
    "null",
]


def files_of(site: Path) -> Iterator[Path]:
    for path in site.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(site).parts:
            yield path


@pytest.fixture(scope="module")
def awkward_sites(bake: Bake) -> list[Path]:
    return [bake(project_name=text, description=text, author_name=text) for text in AWKWARD]


@pytest.fixture(scope="module")
def sites(default_site: Path, awkward_sites: list[Path]) -> list[Path]:
    return [default_site, *awkward_sites]


def test_only_a_few_files_of_the_template_hold_jinja(template: Path) -> None:
    copied = json.loads((template / "cookiecutter.json").read_text())["_copy_without_render"]
    for path in files_of(template / SITE):
        name = path.relative_to(template / SITE)
        as_it_is = any(
            fnmatch(str(part), pattern) for part in [name, *name.parents] for pattern in copied
        )
        assert as_it_is != any(fnmatch(str(name), pattern) for pattern in RENDERED), name


def test_files_without_jinja_come_out_as_they_are(template: Path, sites: list[Path]) -> None:
    for site in sites:
        for path in files_of(template / SITE):
            name = path.relative_to(template / SITE)
            if not any(fnmatch(str(name), pattern) for pattern in RENDERED):
                assert (site / name).read_bytes() == path.read_bytes()
                assert (site / name).stat().st_mode == path.stat().st_mode


def test_no_jinja_is_left(sites: list[Path]) -> None:
    for site in sites:
        for path in files_of(site):
            assert not JINJA.search(path.read_text("utf-8", errors="replace")), path


def test_every_python_file_compiles(sites: list[Path]) -> None:
    for site in sites:
        for path in site.rglob("*.py"):
            ast.parse(path.read_text("utf-8"), path)


def test_every_toml_and_yaml_file_parses(sites: list[Path]) -> None:
    for site in sites:
        for path in files_of(site):
            if path.suffix in {".yaml", ".yml"}:
                assert yaml.safe_load(path.read_text("utf-8")), path
            if path.suffix in {".toml", ".lock"}:
                assert tomllib.loads(path.read_text("utf-8")), path


def test_what_was_answered_is_what_the_project_says(awkward_sites: list[Path]) -> None:
    for text, site in zip(AWKWARD, awkward_sites, strict=True):
        project = tomllib.loads((site / "pyproject.toml").read_text("utf-8"))["project"]
        assert project["description"] == text
        assert project["authors"] == [{"name": text, "email": "you@example.com"}]
        assert f" {text}\n" in (site / "LICENSE").read_text("utf-8")


def test_what_was_answered_is_what_the_site_is_called(
    awkward_sites: list[Path], installed_site: Path
) -> None:
    load = (
        "import json, runpy, sys\n"
        "sys.path.append(sys.argv[1])\n"
        "for site in sys.argv[1:]:\n"
        "    print(json.dumps(runpy.run_path(f'{site}/config/settings.py')['SITE_NAME']))"
    )
    python = installed_site / ".venv/bin/python"
    done = subprocess.run([python, "-c", load, *awkward_sites], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == AWKWARD


def test_other_answers_become_defaults_of_the_settings(bake: Bake, installed_site: Path) -> None:
    answers = {
        "author_email": "ann@example.org",
        "time_zone": "Pacific/Auckland",
        "language_code": "pt-br",
        "sign_in_by": "email",
    }
    site = bake(**answers)
    names = ["DEFAULT_FROM_EMAIL", "TIME_ZONE", "LANGUAGE_CODE", "SIGN_IN_BY"]
    load = (
        "import json, runpy\n"
        "settings = runpy.run_path('config/settings.py')\n"
        f"print(json.dumps([settings[name] for name in {names}]))"
    )
    python = installed_site / ".venv/bin/python"
    done = subprocess.run([python, "-c", load], cwd=site, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == list(answers.values())


def test_the_database_lies_in_the_site_whatever_the_folders_above_are_called(
    template: Path, tmp_path: Path, installed_site: Path
) -> None:
    site = bake_into(template, tmp_path / "C# & co? 100%41 é")
    load = "from config.settings import DATABASES; print(DATABASES['default']['NAME'])"
    python = installed_site / ".venv/bin/python"
    done = subprocess.run([python, "-c", load], cwd=site, capture_output=True, text=True)
    assert done.stdout.strip() == str(site / "db.sqlite3"), done.stderr


def test_the_domain_is_where_production_is_served(bake: Bake) -> None:
    site = bake(domain_name="chat.example.org")
    production: dict[str, Any] = yaml.safe_load((site / "compose.production.yaml").read_text())
    domain = production["services"]["web"]["environment"]["DOMAIN_NAME"]
    assert domain == "${DOMAIN_NAME:-chat.example.org}"
    assert "chat.example.org" in (site / ".env.example").read_text()


def test_every_variable_of_the_settings_is_explained(default_site: Path) -> None:
    read = re.findall(r'env\.\w+\(\s*"(\w+)"', (default_site / "config/settings.py").read_text())
    explained = re.findall(r"^# (\w+)=", (default_site / ".env.example").read_text(), re.MULTILINE)
    assert set(read) - set(explained) == set()
