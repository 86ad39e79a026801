"""The page Tasks, without JavaScript: people see their own tasks, and steer those alone."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.tasks import TaskResultStatus
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from worker import queries
from worker.models import TaskState

from . import tasks

FAILED: dict[str, Any] = {
    "status": TaskResultStatus.FAILED,
    "exception_class_path": "builtins.ZeroDivisionError",
    "traceback": "Traceback: a secret",
}


@pytest.fixture
def signed_in(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


def enqueue(owner: User, state: Mapping[str, object] | None = None, **row: Any) -> str:
    """A task of theirs, as the worker would leave it with these fields."""
    if row.get("status") in (TaskResultStatus.FAILED, TaskResultStatus.SUCCESSFUL):
        row["finished_at"] = timezone.now()
    task_id = tasks.add.using(owner=owner).enqueue(1, 1).id
    DBTaskResult.objects.filter(id=task_id).update(**row)
    TaskState.objects.filter(result__id=task_id).update(**(state or {}))
    return task_id


def shown(client: Client) -> list[queries.ShownTask]:
    """The tasks of the page, from top to bottom."""
    context = client.get("/tasks/").context
    return [*context["under_way"], *context["ended"]]


def test_the_page_is_for_those_who_are_signed_in(client: Client) -> None:
    assert client.get("/tasks/").headers["Location"] == "/accounts/login/?next=/tasks/"


def test_people_see_their_own_tasks_and_no_others(
    signed_in: Client, alice: User, bob: User
) -> None:
    own = enqueue(alice)
    enqueue(bob)
    tasks.add.enqueue(1, 1)
    assert [str(task.id) for task in shown(signed_in)] == [own]


def test_what_runs_is_first_then_what_waits_then_what_has_ended_the_newest_first(
    signed_in: Client, alice: User
) -> None:
    for status in (
        TaskResultStatus.SUCCESSFUL,
        TaskResultStatus.RUNNING,
        TaskResultStatus.READY,
        TaskResultStatus.RUNNING,
    ):
        enqueue(alice, status=status)
    enqueue(alice, **FAILED)
    states = ["running", "running", "waiting", "failed", "finished"]
    assert [task.state for task in shown(signed_in)] == states
    newest, older = shown(signed_in)[:2]
    assert newest.at > older.at


@pytest.mark.parametrize(
    ("done", "total", "percent"),
    [
        (378, 900, 42),
        (8.99, 9, 99),
        (10, 9, 100),
        (-1, 9, 0),
        (5, None, None),
        (0, 0, None),
        (1, 1e-320, None),
    ],
)
def test_a_running_task_has_a_bar_and_one_without_a_total_an_indeterminate_one(
    signed_in: Client, alice: User, done: float, total: float | None, percent: int | None
) -> None:
    state = {"done": done, "total": total, "note": "Writing <general>"}
    enqueue(alice, state, status=TaskResultStatus.RUNNING)
    page = signed_in.get("/tasks/").content.decode()
    value = "" if percent is None else f' value="{percent}"'
    assert f'<progress max="100"{value} aria-label="add">' in page
    assert "Writing &lt;general&gt;" in page


def test_a_failure_tells_its_class_and_attempts_but_no_traceback(
    signed_in: Client, alice: User
) -> None:
    enqueue(alice, {"attempts": 10}, **FAILED)
    [task] = shown(signed_in)
    assert (task.state, task.error, task.attempts) == ("failed", "ZeroDivisionError", 10)
    page = signed_in.get("/tasks/").content.decode()
    assert "ZeroDivisionError" in page
    assert "secret" not in page


@pytest.mark.parametrize(("value", "result"), [("Counted to 3.", "Counted to 3."), ({"a": 1}, "")])
def test_a_result_is_shown_if_it_is_text(
    signed_in: Client, alice: User, value: object, result: str
) -> None:
    enqueue(alice, status=TaskResultStatus.SUCCESSFUL, return_value=value)
    assert [task.result for task in shown(signed_in)] == [result]


def test_a_task_whose_function_is_gone_is_shown_all_the_same(
    signed_in: Client, alice: User
) -> None:
    enqueue(alice, task_path="worker.tests.gone.room_export")
    assert [task.name for task in shown(signed_in)] == ["room export"]


def test_a_long_list_is_cut_and_takes_two_queries(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(queries.UNDER_WAY + 1):
        enqueue(alice)
    for _ in range(queries.ENDED + 1):
        enqueue(alice, **FAILED)
    with django_assert_num_queries(2):
        under_way, ended = queries.tasks_of(alice)
    assert (len(under_way), len(ended)) == (queries.UNDER_WAY, queries.ENDED)


def test_a_waiting_task_is_cancelled_by_a_form(signed_in: Client, alice: User) -> None:
    task = enqueue(alice)
    response = signed_in.post("/tasks/cancel/", {"task": task})
    assert response.headers["Location"] == "/tasks/"
    assert [task.state for task in shown(signed_in)] == ["cancelled"]


def test_a_running_task_that_is_cancelled_is_shown_as_stopping(
    signed_in: Client, alice: User
) -> None:
    task = enqueue(alice, status=TaskResultStatus.RUNNING)
    signed_in.post("/tasks/cancel/", {"task": task})
    assert [task.state for task in shown(signed_in)] == ["stopping"]


def test_a_failed_task_is_run_again_by_a_form(signed_in: Client, alice: User) -> None:
    task = enqueue(alice, {"attempts": 10}, **FAILED)
    response = signed_in.post("/tasks/retry/", {"task": task})
    assert response.headers["Location"] == "/tasks/"
    assert [(task.state, task.attempts) for task in shown(signed_in)] == [("waiting", 0)]


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_nobody_steers_a_task_of_somebody_else(signed_in: Client, bob: User, action: str) -> None:
    task = enqueue(bob, **(FAILED if action == "retry" else {}))
    before = DBTaskResult.objects.values().get(id=task)
    assert signed_in.post(f"/tasks/{action}/", {"task": task}).status_code == 404
    assert DBTaskResult.objects.values().get(id=task) == before
    assert not TaskState.objects.get(result__id=task).cancel_requested


@pytest.mark.parametrize("task", [{}, {"task": ""}, {"task": "no uuid"}, {"task": str(uuid4())}])
def test_what_is_no_task_is_not_found(signed_in: Client, task: dict[str, str]) -> None:
    assert signed_in.post("/tasks/cancel/", task).status_code == 404


@pytest.mark.parametrize("action", ["cancel", "retry", "sample"])
def test_following_a_link_changes_nothing_and_a_post_needs_its_token(
    signed_in: Client, alice: User, action: str, settings: Settings
) -> None:
    settings.DEBUG = True
    task = enqueue(alice, **FAILED)
    assert signed_in.get(f"/tasks/{action}/").status_code == 405
    elsewhere = Client(enforce_csrf_checks=True)
    elsewhere.force_login(alice)
    assert elsewhere.post(f"/tasks/{action}/", {"task": task}).status_code == 403


def test_a_sample_task_can_be_run_in_development_only(
    signed_in: Client, settings: Settings
) -> None:
    assert "/tasks/sample/" not in signed_in.get("/tasks/").content.decode()
    assert signed_in.post("/tasks/sample/").status_code == 404
    settings.DEBUG = True
    assert "/tasks/sample/" in signed_in.get("/tasks/").content.decode()
    signed_in.post("/tasks/sample/")
    assert [task.name for task in shown(signed_in)] == ["sample task"]


def test_the_menu_of_the_account_leads_to_the_page(signed_in: Client) -> None:
    assert 'href="/tasks/"' in signed_in.get("/", follow=True).content.decode()
