import json
import subprocess
from pathlib import Path

import pytest

from .programs import require


def test_the_modules_of_the_page_pass_their_own_tests(site_folder: Path) -> None:
    node = require("node", hint="install Node.js 20.19 or newer; only these tests need it")
    tests = sorted(str(path) for path in (site_folder / "tests/js").glob("*.test.js"))
    run = subprocess.run(
        [node, "--test", *tests], cwd=site_folder, capture_output=True, text=True, check=False
    )
    assert tests
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_types_of_the_modules_agree(site_folder: Path) -> None:
    """By what their comments say, as jsconfig.json has it; editors check the same."""
    npm = require("npm", hint="this test needs Node.js 20.19 or newer, with npm")
    wanted = json.loads((site_folder / "package.json").read_text())["devDependencies"]
    package = f"--package=typescript@{wanted['typescript']}"

    def tsc(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [npm, "exec", "--yes", package, "--", "tsc", *arguments]
        return subprocess.run(command, cwd=site_folder, capture_output=True, text=True, check=False)

    if "Version" not in tsc("--version").stdout:
        pytest.skip("This test needs npm's registry, or TypeScript in npm's cache.")
    run = tsc("--project", "jsconfig.json")
    assert run.returncode == 0, run.stdout + run.stderr
