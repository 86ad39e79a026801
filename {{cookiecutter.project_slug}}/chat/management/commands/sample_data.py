from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.demo import DEMO_PASSWORD, create_demo_users, demo_accounts
from chat import services
from chat.models import Room

CONVERSATIONS = {
    "General": [
        (0, "Good morning! The site is up."),
        (1, "Morning. Open it in a second window and sign in as me: we can talk to ourselves."),
        (0, "Every message is stored before it is acknowledged, so a reload shows it again."),
        (2, "And if the connection drops, you get what you missed when it is back."),
        (1, "Try the statistics button: the worker counts, and tells your browser."),
    ],
    "Random": [
        (2, "Does anyone else read release notes for fun?"),
        (0, "Only on days that end in y."),
    ],
    "Café, thé & gâteaux": [(1, "Room names may hold anything: é, 🍰, <b>bold</b>.")],
}


class Command(BaseCommand):
    help = "Create demo users and rooms with some life in them. Development only; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Sample data is for development: it needs DEBUG=on.")
        users = create_demo_users()
        for name, messages in CONVERSATIONS.items():
            if not Room.objects.filter(name=name).exists():
                room = services.room_create(name=name)
                for author, body in messages:
                    services.message_send(author=users[author], room=room, body=body)
        accounts = ", ".join(demo_accounts())
        self.stdout.write(f"Sign in as one of {accounts} with the password {DEMO_PASSWORD!r}.")
        self.stdout.write("A second browser, or a private window, can be another of them.")
