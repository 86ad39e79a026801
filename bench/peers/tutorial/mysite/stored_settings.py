"""Both databases at their best: see bench/README.md."""

import os

import environ

from .settings import *

DATABASES = {"default": environ.Env.db_url_config(os.environ["DATABASE_URL"])}
# By default Django connects anew for each message.
DATABASES["default"]["CONN_MAX_AGE"] = 600
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # By default SQLite waits for the disk at each commit.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "timeout": 20,
    }
