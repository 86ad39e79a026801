from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ChatConfig(AppConfig):
    """The example feature: rooms in which people talk."""

    name = "chat"

    def ready(self) -> None:
        from .search_index import create_on_sqlite
        from .services import attachments  # noqa: F401  (its signal)

        post_migrate.connect(create_on_sqlite, sender=self)
