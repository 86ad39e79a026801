"""What settings.py asks of psycopg's pool, beyond its defaults."""

from typing import Any

from psycopg import OperationalError

# Seconds to go on trying for each lost connection. Later, whoever needs one has it tried at once,
# while by its default of five minutes the pool would wait for longer and longer between attempts.
RECONNECT_SECONDS = 5


def check_connection(connection: Any) -> None:
    """Raises for one that is lost, and has the pool replace all that are.

    A server that ends a connection says so, or else its machine does. So it is enough to look at
    what has come, without a round trip, which would cost each call on it as much as a query.

    By itself the pool would find out one by one, and wait longer after each: a second, two, four.
    """
    last_words: list[Any] = []
    connection.add_notice_handler(last_words.append)
    try:
        connection.pgconn.consume_input()  # raises where there is nothing but the end
        connection.pgconn.is_busy()  # reads what was said before it
        if last_words:
            raise OperationalError("The server has ended this connection.")
    except Exception:
        connection._pool.check()
        raise
    finally:
        connection.remove_notice_handler(last_words.append)
