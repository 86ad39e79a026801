"""What settings.py asks of psycopg's pool, beyond its defaults."""

from typing import Any

from psycopg_pool import ConnectionPool

# Seconds to go on trying for each lost connection. Later, whoever needs one has it tried at once,
# while by its default of five minutes the pool would wait for longer and longer between attempts.
RECONNECT_SECONDS = 5


def check_connection(connection: Any) -> None:
    """Raises for one that is lost, and has the pool replace all that are.

    By itself it would find out one by one, and wait longer after each: a second, two, four.
    """
    try:
        ConnectionPool.check_connection(connection)
    except Exception:
        connection._pool.check()
        raise
