from argparse import ArgumentParser
from functools import partial
from typing import Any

from channels.management.commands.runworker import Command as ChannelsCommand
from channels.routing import get_default_application
from django.conf import settings
from django.core.management.base import CommandError
from django.utils.autoreload import run_with_reloader

from worker.server import TaskServer


def channels_of_site() -> list[str]:
    router = get_default_application().application_mapping["channel"]
    return list(router.application_mapping)


class Command(ChannelsCommand):  # type: ignore[misc]
    help = "Run background tasks: Channels' runworker, on all channels of the site by default."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("channels", nargs="*", default=channels_of_site())
        parser.add_argument("--layer", default="queue", help="Channel layer to listen on.")
        parser.add_argument(
            "--concurrency",
            type=int,
            default=settings.WORKER_CONCURRENCY,
            help="How many tasks run at a time (WORKER_CONCURRENCY, which is %(default)s).",
        )
        parser.add_argument(
            "--grace",
            type=float,
            default=settings.WORKER_GRACE_SECONDS,
            help="Seconds to finish what runs when it is stopped (WORKER_GRACE_SECONDS).",
        )
        parser.add_argument("--reload", action="store_true", help="Start again when code changes.")

    def handle(self, *args: Any, **options: Any) -> None:
        if unknown := set(options["channels"]) - set(channels_of_site()):
            raise CommandError(f"config/asgi.py has no channels {', '.join(sorted(unknown))}.")
        self.worker_class = partial(
            TaskServer, concurrency=options["concurrency"], grace=options["grace"]
        )
        if options.pop("reload"):
            run_with_reloader(super().handle, *args, **options)
        else:
            super().handle(*args, **options)
