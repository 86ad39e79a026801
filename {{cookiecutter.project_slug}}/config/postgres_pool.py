"""What settings.py asks of psycopg's pool, beyond its defaults."""

from typing import Any

# Seconds to go on trying for each lost connection. Later, whoever needs one has it tried at once,
# while by its default of five minutes the pool would wait for longer and longer between attempts.
RECONNECT_SECONDS = 5


def check_connection(connection: Any) -> None:
    """Raises for one that is lost, and has the pool replace all that are.

    A server that ends a connection says so, or else its machine does. So it is enough to look at
    what has come, without a round trip, which would cost each call on it as much as a query.

    By itself the pool would find out one by one, and wait longer after each: a second, two, four.
    """
    try:
        for _ in range(2):  # since its last words come before its end
            connection.pgconn.consume_input()
    except Exception:
        connection._pool.check()
        raise
