from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RealtimeConfig(AppConfig):
    """The plumbing of live pages: consumers, the multiplexer, groups. Imports no other app."""

    name = "realtime"

    def ready(self) -> None:
        from . import checks, signals  # noqa: F401  (which register themselves)
        from .autobahn_log import prepare_no_log_lines

        prepare_no_log_lines()
        # In commands and workers too, which load no routes: what they write is told of as well.
        autodiscover_modules("consumers")
