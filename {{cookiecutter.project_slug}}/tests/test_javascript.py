import subprocess
from pathlib import Path

from .programs import require


def test_the_modules_of_the_page_pass_their_own_tests(site_folder: Path) -> None:
    node = require("node", hint="install Node.js 20.19 or newer; only these tests need it")
    tests = sorted(str(path) for path in (site_folder / "tests/js").glob("*.test.js"))
    run = subprocess.run(
        [node, "--test", *tests], cwd=site_folder, capture_output=True, text=True, check=False
    )
    assert tests
    assert run.returncode == 0, run.stdout + run.stderr
