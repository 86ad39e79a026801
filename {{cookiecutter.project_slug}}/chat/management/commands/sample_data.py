from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.demo import DEMO_PASSWORD, create_demo_users, demo_accounts
from chat import sample


class Command(BaseCommand):
    help = "Create demo users and rooms with some life in them. Development only; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Sample data is for development: it needs DEBUG=on.")
        sample.create({user.username: user for user in create_demo_users()})
        accounts = ", ".join(demo_accounts())
        self.stdout.write(f"Sign in as one of {accounts} with the password {DEMO_PASSWORD!r}.")
        self.stdout.write("A second browser, or a private window, can be another of them.")
