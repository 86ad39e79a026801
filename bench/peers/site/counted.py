"""The same, and it counts what it asks of the database: GET /queries."""

import json
from collections import Counter
from typing import Any

import asgi
from django.db.backends.signals import connection_created

OF_SIGN_IN = ('FROM "django_session"', 'FROM "accounts_user"')

queries = Counter(sign_in=0, others=0)


def count(execute: Any, sql: str, *args: Any) -> Any:
    queries["sign_in" if any(table in sql for table in OF_SIGN_IN) else "others"] += 1
    return execute(sql, *args)


def watch(connection: Any, **_: Any) -> None:
    if count not in connection.execute_wrappers:
        connection.execute_wrappers.append(count)


connection_created.connect(watch)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http" or scope["path"] != "/queries":
        return await asgi.application(scope, receive, send)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(queries).encode()})
