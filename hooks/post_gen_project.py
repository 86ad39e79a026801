"""Deletes what the answers leave out, and gives the site a secret key and a git repository."""

import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys

ENV = """\
# Read when the site starts. Never commit it; .env.example says what else can be set.
SECRET_KEY={key}
"""
NEXT_STEPS = """
{name} is ready. Next:

    cd {folder}
    make run     installs it, fills it with sample data and serves it at http://127.0.0.1:8000

It then tells how to sign in. README.md has the rest.
"""


def keep_licence(licence: str) -> None:
    os.replace(os.path.join("licences", licence), "LICENSE")
    shutil.rmtree("licences")


def write_env() -> None:
    try:
        env = os.open(".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # the site is generated over an older one, whose key is in use
    with os.fdopen(env, "w") as file:
        file.write(ENV.format(key=secrets.token_urlsafe(50)))


def init_git() -> None:
    if not shutil.which("git"):
        return
    # 1: a repository around this folder would track it; 0: it would ignore it; 128: there is none.
    if (
        subprocess.run(["git", "check-ignore", "-q", "."], stderr=subprocess.DEVNULL).returncode
        == 1
    ):
        return
    if subprocess.run(["git", "init", "-q"]).returncode == 0:
        subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/main"])


def main() -> None:
    answers = json.loads(r"""{{ cookiecutter | tojson }}""")
    keep_licence(answers["license"])
    write_env()
    init_git()
    next_steps = NEXT_STEPS.format(name=answers["project_name"], folder=shlex.quote(os.getcwd()))
    encoding = sys.stdout.encoding  # which may lack letters of the name
    print(next_steps.encode(encoding, "replace").decode(encoding))


if __name__ == "__main__":
    main()
