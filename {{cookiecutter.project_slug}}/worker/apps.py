from django.apps import AppConfig


class WorkerConfig(AppConfig):
    """Background tasks: Django's tasks API, run by Channels' worker."""

    name = "worker"
