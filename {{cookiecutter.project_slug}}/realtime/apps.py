from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RealtimeConfig(AppConfig):
    """The plumbing of live pages: consumers, the multiplexer, groups. Imports no other app."""

    name = "realtime"

    def ready(self) -> None:
        from .autobahn_log import write_no_colours  # imports Twisted, as Daphne's app has by now

        write_no_colours()
        # In commands and workers too, which load no routes: what they write is told of as well.
        autodiscover_modules("consumers")
