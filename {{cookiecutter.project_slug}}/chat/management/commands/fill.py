from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from accounts.demo import create_demo_users
from chat import filling
from chat.models import Room


class Command(BaseCommand):
    help = "Fill the database with a big chat, to measure with. Development only; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--messages", type=int, default=1_000_000)
        parser.add_argument("--rooms", type=int, default=200)
        parser.add_argument("--users", type=int, default=500)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("A filled database is for development: it needs DEBUG=on.")
        if options["rooms"] < 1 or options["users"] < 2 or options["messages"] < 0:
            raise CommandError("It takes a room, two users and no less than no messages.")
        if Room.objects.filter(slug=f"{filling.NAME}-1").exists():
            self.stdout.write("This database has been filled before.")
            return
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:  # all indexes in memory while they grow
                cursor.execute("PRAGMA cache_size = -500000")
        self._fill(options["messages"], options["rooms"], options["users"])
        with connection.cursor() as cursor:
            # Or the database would plan as if it were empty.
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
        self.stdout.write(f"{options['messages']} messages in {options['rooms']} rooms.")

    @transaction.atomic
    def _fill(self, messages: int, rooms: int, users: int) -> None:
        created = filling.create_rooms(rooms)
        people = filling.create_people(users)
        members = filling.choose_members(created, people, create_demo_users())
        filling.create_messages(created, members, messages)
        filling.create_memberships(created, members)
