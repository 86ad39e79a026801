"""The index of what was said: PostgreSQL's full text, SQLite's FTS5, or none.

Each word is indexed as it is, without a language's stemming: people mix languages, names and code,
and LANGUAGE_CODE may change while an index stays. The database itself keeps it: edits and what is
written past the ORM are found, too.
"""

from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import OperationalError

POSTGRESQL = "CREATE INDEX message_search ON chat_message USING gin (to_tsvector('simple', body))"
TABLE = "chat_message_search"
REMOVE = f"INSERT INTO {TABLE} ({TABLE}, rowid, body) VALUES ('delete', old.id, old.body)"  # noqa: S608
ADD = f"INSERT INTO {TABLE} (rowid, body) VALUES (new.id, new.body)"  # noqa: S608
FTS5 = [
    f"""CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING fts5(
        body, content='chat_message', content_rowid='id', tokenize='unicode61 remove_diacritics 0'
    )""",
    f"CREATE TRIGGER {TABLE}_insert AFTER INSERT ON chat_message BEGIN {ADD}; END",
    f"CREATE TRIGGER {TABLE}_delete AFTER DELETE ON chat_message BEGIN {REMOVE}; END",
    f"""CREATE TRIGGER {TABLE}_update AFTER UPDATE OF body ON chat_message
        BEGIN {REMOVE}; {ADD}; END""",
    f"INSERT INTO {TABLE} ({TABLE}) VALUES ('rebuild')",  # noqa: S608
]


def is_there(connection: BaseDatabaseWrapper) -> bool:
    """Without it, as in an SQLite without FTS5, a search reads all messages."""
    return connection.vendor == "postgresql" or "trigger" in _types(connection, TABLE + "_insert")


def create_on_sqlite(*, using: str, **kwargs: Any) -> None:
    """After each `migrate`: to change a table SQLite makes another one, without its triggers."""
    connection = connections[using]
    if connection.vendor != "sqlite" or is_there(connection):
        return
    if not _types(connection, "chat_message"):
        return
    try:
        with transaction.atomic(using), connection.cursor() as cursor:
            for statement in FTS5:
                cursor.execute(statement)
    except OperationalError as error:
        if "no such module" not in str(error):
            raise


def _types(connection: BaseDatabaseWrapper, name: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT type FROM sqlite_master WHERE name = %s", [name])
        return [row[0] for row in cursor.fetchall()]
