from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """The plumbing of live pages: consumers, the multiplexer, groups. Imports no other app."""

    name = "realtime"
