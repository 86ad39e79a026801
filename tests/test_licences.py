"""The licence that was chosen, whole and in the right name, and no other."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bake import SITE
from conftest import Bake

AUTHOR = 'Zoë "Ink" O\'Neil'
YEAR = datetime.now(UTC).year
# Of the texts as their authors publish them
APACHE = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
GPL = "3972dc9744f6499f0f9b2dbf76696f2ae7ad8af9b23dde66d6af86c9dfb36986"


@pytest.fixture(scope="module")
def licences(bake: Bake) -> dict[str, str]:
    names = ["MIT", "BSD-3-Clause", "Apache-2.0", "GPL-3.0", "proprietary"]
    sites = {name: bake(license=name, author_name=AUTHOR) for name in names}
    return {name: (site / "LICENSE").read_text("utf-8") for name, site in sites.items()}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_mit(licences: dict[str, str]) -> None:
    title, _, copyright_line, _, grant, *_ = licences["MIT"].splitlines()
    assert title == "MIT License"
    assert copyright_line == f"Copyright (c) {YEAR} {AUTHOR}"
    assert grant.startswith("Permission is hereby granted, free of charge, to any person")
    assert licences["MIT"].endswith("OR OTHER DEALINGS IN THE\nSOFTWARE.\n")


def test_bsd(licences: dict[str, str]) -> None:
    title, _, copyright_line, *_ = licences["BSD-3-Clause"].splitlines()
    assert title == "BSD 3-Clause License"
    assert copyright_line == f"Copyright (c) {YEAR}, {AUTHOR}"
    assert "3. Neither the name of the copyright holder" in licences["BSD-3-Clause"]
    assert licences["BSD-3-Clause"].endswith("ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.\n")


def test_apache_is_the_official_text_with_its_notice_filled_in(licences: dict[str, str]) -> None:
    notice = f"Copyright {YEAR} {AUTHOR}\n"
    assert notice in licences["Apache-2.0"]
    blank = licences["Apache-2.0"].replace(notice, "Copyright [yyyy] [name of copyright owner]\n")
    assert digest(blank) == APACHE


def test_gpl_is_the_official_text_under_a_notice(licences: dict[str, str]) -> None:
    notice, _, text = licences["GPL-3.0"].partition("The license follows.\n\n")
    assert f"Copyright (C) {YEAR} {AUTHOR}\n" in notice
    assert digest(text) == GPL


def test_proprietary_reserves_all_rights(licences: dict[str, str]) -> None:
    assert licences["proprietary"].startswith(f"Copyright (c) {YEAR} {AUTHOR}\n")
    assert "All rights reserved." in licences["proprietary"]


def test_no_file_of_one_answer_is_in_the_site_of_another(bake: Bake, template: Path) -> None:
    expected = {path.relative_to(template / SITE) for path in (template / SITE).rglob("*")}
    expected = {path for path in expected if path.parts[0] != "licences"}
    expected |= {Path("LICENSE"), Path(".env")}
    for answers in ({}, {"license": "GPL-3.0", "sign_in_by": "email"}):
        site = bake(**answers)
        found = {path.relative_to(site) for path in site.rglob("*")}
        assert {path for path in found if path.parts[0] != ".git"} == expected
