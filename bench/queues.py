"""Where tasks wait for a worker, and how thousands of them come there at once.

Each is a copy of one that the library's own call enqueued, but for its id and its number.
"""

import base64
import json
import uuid
from typing import Any, Protocol

import psycopg
import redis

QUEUE = "celery"  # as Celery calls its own
KEEP = """
CREATE TABLE enqueued AS TABLE django_tasks_database_dbtaskresult;
CREATE TABLE enqueued_state AS TABLE worker_taskstate LIMIT 1;
TRUNCATE django_tasks_database_dbtaskresult, worker_taskstate;
"""
PUT = """
WITH rows AS (
    INSERT INTO django_tasks_database_dbtaskresult
    SELECT copy.* FROM enqueued, generate_series(0, %(last)s) AS number,
    jsonb_populate_record(enqueued, jsonb_build_object(
        'id', gen_random_uuid(),
        'enqueued_at', now() + number * interval '1 microsecond',
        'args_kwargs', jsonb_build_object('args', jsonb_build_array(number), 'kwargs', '{}'::jsonb)
    )) AS copy
    WHERE enqueued.task_path = %(task)s
    RETURNING id
)
INSERT INTO worker_taskstate
SELECT copy.* FROM enqueued_state, rows,
jsonb_populate_record(enqueued_state, jsonb_build_object('result_id', rows.id)) AS copy
"""
TAKE_BACK = "UPDATE django_tasks_database_dbtaskresult SET status = 'FAILED' WHERE status = 'READY'"
COUNT = "SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'SUCCESSFUL'"
EMPTY = "TRUNCATE django_tasks_database_dbtaskresult, worker_taskstate"


class Queue(Protocol):
    def put(self, kind: str, number: int) -> None:
        """Have so many tasks of a kind appear, all at once."""

    def take_back(self) -> int:
        """Take those that no worker has; says how many."""

    def is_settled(self, ran: int) -> bool:
        """Whether the worker has said of all tasks that ran that they succeeded."""

    def empty(self) -> None: ...


class Rows:
    """Of django-tasks-db, as the site's backend writes them."""

    def __init__(self, database: psycopg.Connection) -> None:
        self._database = database

    @staticmethod
    def keep(database: psycopg.Connection) -> None:
        """Keep what is enqueued as the model for all that is put."""
        database.execute(KEEP)

    def put(self, kind: str, number: int) -> None:
        with self._database.transaction():
            self._database.execute(PUT, {"task": f"effects.tasks.{kind}", "last": number - 1})
            self._database.execute("ANALYZE")  # as PostgreSQL does itself within a minute

    def take_back(self) -> int:
        return self._database.execute(TAKE_BACK).rowcount

    def is_settled(self, ran: int) -> bool:
        return self._database.execute(COUNT).fetchone() == (ran,)

    def empty(self) -> None:
        self._database.execute(EMPTY)


class Messages:
    """Of Celery, in Redis."""

    def __init__(self, port: int, number: int) -> None:
        """`number` is that of the database in Redis. In the first one are the models."""
        self._models = {
            message["headers"]["task"]: message
            for message in map(json.loads, redis.Redis(port=port).lrange(QUEUE, 0, -1))
        }
        self._redis = redis.Redis(port=port, db=number)

    def put(self, kind: str, number: int) -> None:
        copies = [numbered(self._models[kind], task) for task in range(number)]
        self._redis.lpush("copies", *copies)  # on the left, as Celery does
        self._redis.rename("copies", QUEUE)

    def take_back(self) -> int:
        with self._redis.pipeline(transaction=True) as together:
            together.llen(QUEUE)
            together.delete(QUEUE)
            length, _ = together.execute()
        return int(length)

    def is_settled(self, ran: int) -> bool:
        return not self._redis.exists(QUEUE, "unacked")

    def empty(self) -> None:
        self._redis.delete(QUEUE)


def numbered(message: dict[str, Any], number: int) -> str:
    """The message as it would be of the task with that number."""
    _, *options = json.loads(base64.b64decode(message["body"]))
    body = json.dumps([[number], *options]).encode()
    task, tag = str(uuid.uuid4()), str(uuid.uuid4())
    about = {"id": task, "root_id": task, "argsrepr": f"({number},)"}
    delivery = {"correlation_id": task, "delivery_tag": tag}
    return json.dumps(
        {
            **message,
            "body": base64.b64encode(body).decode(),
            "headers": {**message["headers"], **about},
            "properties": {**message["properties"], **delivery},
        }
    )
