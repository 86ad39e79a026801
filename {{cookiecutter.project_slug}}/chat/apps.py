from django.apps import AppConfig


class ChatConfig(AppConfig):
    """The example feature: rooms in which people talk."""

    name = "chat"
