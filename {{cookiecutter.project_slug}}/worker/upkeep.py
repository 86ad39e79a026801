"""Tasks that keep the database small. A migration schedules them, each once a day."""

from django.core.management import call_command

from .task import task

KEEP_DAYS = 14


@task(attempts=3)
def clear_sessions() -> None:
    call_command("clearsessions")


@task(attempts=3)
def prune_task_results() -> None:
    """Forget tasks that ended two weeks ago."""
    call_command("prune_db_task_results", queue_name="*", min_age_days=KEEP_DAYS)
