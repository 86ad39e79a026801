from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """The plumbing of live pages: consumers, the multiplexer, groups. Imports no other app."""

    name = "realtime"

    def ready(self) -> None:
        from .autobahn_log import write_no_colours  # imports Twisted, as Daphne's app has by now

        write_no_colours()
