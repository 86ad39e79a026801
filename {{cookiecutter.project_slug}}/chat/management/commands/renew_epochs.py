from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from chat.models import Room
from chat.models.rooms import new_epoch


class Command(BaseCommand):
    help = (
        "Give each room another epoch. Run it after a backup was restored, before the site starts:"
        " the rooms' numbers have gone back, and pages that are still open then load them anew."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        rooms = list(Room.objects.select_for_update().order_by("pk").only("pk"))
        for room in rooms:
            room.epoch = new_epoch()
        Room.objects.bulk_update(rooms, ["epoch"], batch_size=500)
        self.stdout.write(f"{len(rooms)} rooms have another epoch.")
