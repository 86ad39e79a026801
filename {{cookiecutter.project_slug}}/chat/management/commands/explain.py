from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from chat.models import Room
from chat.plans import Plan, asked_by, explain


class Command(BaseCommand):
    help = "Show how the database reads the longest room, and how long that takes: docs/database.md"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", default="alice")
        parser.add_argument("--times", type=int, default=5, help="of which the best is shown")
        parser.add_argument("--plans", action="store_true", help="show the plans, too")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        room = Room.objects.filter(messages__isnull=False).order_by("-seq").first()
        if user is None or room is None:
            raise CommandError("There is nothing to measure: `manage.py fill` makes something up.")
        for name, ask in asked_by(user, room).items():
            plans = min((explain(ask) for _ in range(options["times"])), key=_milliseconds)
            taken = _milliseconds(plans)
            self.stdout.write(f"{name:24} {len(plans):3} queries {taken:8.2f} ms")
            for plan in plans if options["plans"] else []:
                self.stdout.write(f"\n{plan.sql}\n{plan.steps}\n")


def _milliseconds(plans: list[Plan]) -> float:
    return sum(plan.milliseconds for plan in plans)
