"""Run inside a Django peer: make its database and print a session cookie for each of N users.

python sign_in.py 1000 [names of rooms]
"""

import json
import secrets
import sys
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402


def main(count: int, rooms: list[str]) -> None:
    call_command("migrate", verbosity=0)
    if rooms:
        from chat.models import Room

        Room.objects.bulk_create(Room(name=name, slug=name) for name in rooms)
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"user{n}", email=f"user{n}@example.com") for n in range(count)
    )
    expire_date = timezone.now() + timedelta(days=1)
    sessions = Session.objects.bulk_create(
        Session(
            session_key=secrets.token_hex(16),
            session_data=Session.objects.encode(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                }
            ),
            expire_date=expire_date,
        )
        for user in users
    )
    name = settings.SESSION_COOKIE_NAME
    json.dump([f"{name}={session.session_key}" for session in sessions], sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
