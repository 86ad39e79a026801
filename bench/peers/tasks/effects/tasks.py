from django.tasks import task

from . import work


@task
def nothing(number: int) -> None:
    work.nothing(number)


@task
def store(number: int) -> None:
    work.store(number)
