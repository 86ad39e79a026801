"""Tasks that keep the uploads in order. A migration schedules them, each once an hour."""

from datetime import timedelta

from worker.task import task

from . import queries
from .services.attachments import ask_for_thumbnail, attachments_forget_unsent

KEEP_UNSENT = timedelta(days=1)


@task(attempts=3)
def forget_unsent_uploads() -> None:
    attachments_forget_unsent(KEEP_UNSENT)


@task(attempts=3)
def make_missing_thumbnails() -> None:
    """For when the queue was away: a message on a channel is as safe as Redis, no more."""
    for pk in queries.missing_thumbnails():
        ask_for_thumbnail(pk)
