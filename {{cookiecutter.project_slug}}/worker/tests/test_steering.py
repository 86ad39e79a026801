"""The owner of a task sees how far it is and may stop it; staff may retry or forget a failure."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.tasks import TaskResultStatus
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from conftest import Connect
from realtime.database import on_database_thread
from worker import services
from worker.models import TaskState
from worker.server import TaskServer

from . import tasks
from .waiting import finished, running, until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_owner_hears_how_far_a_task_is(
    worker: TaskServer, gate: None, alice: User, connect: Connect
) -> None:
    browser = await connect("/ws/tasks/", alice)
    await tasks.wait.using(owner=alice).aenqueue()
    while (event := await browser.receive_json_from())["type"] != "task.progress":
        pass
    assert (event["done"], event["total"], event["note"]) == (1, 4, "waiting")


async def test_how_far_a_task_is_can_be_read_later(worker: TaskServer, gate: None) -> None:
    result = await tasks.wait.aenqueue()
    state = await until(result.id, lambda state: state.done is not None)
    assert (state.done, state.total, state.note) == (1, 4, "waiting")


async def test_a_note_that_no_database_holds_harms_nobody(worker: TaskServer, gate: None) -> None:
    result = await tasks.wait_with_an_odd_note.aenqueue()
    state = await until(result.id, lambda state: state.done is not None)
    assert state.note == r"\0 \udc80"


@pytest.mark.parametrize("task", [tasks.wait, tasks.wait_async])
async def test_a_running_task_that_is_cancelled_stops(
    worker: TaskServer, gate: None, task: Any
) -> None:
    result = await task.aenqueue()
    await running(result.id)
    await cancel(result.id)
    row = await finished(result.id)
    assert row.status == TaskResultStatus.FAILED
    assert row.exception_class_path == "worker.context.Cancelled"


async def test_a_waiting_task_that_is_cancelled_never_runs() -> None:
    result = await tasks.add.aenqueue(1, 1)
    await cancel(result.id)
    assert (await finished(result.id)).exception_class_path == "worker.context.Cancelled"


async def test_a_task_that_is_cancelled_and_fails_is_not_tried_again(
    worker: TaskServer, gate: None
) -> None:
    result = await tasks.ask_again.aenqueue(60)
    await until(result.id, lambda state: state.result.traceback != "")
    await cancel(result.id)
    assert (await finished(result.id)).status == TaskResultStatus.FAILED


async def cancel(task_id: str) -> None:
    await on_database_thread(services.task_cancel, task_id)


async def test_a_failed_task_that_is_retried_has_all_its_attempts(worker: TaskServer) -> None:
    result = await tasks.succeed_at.aenqueue(4)
    assert (await finished(result.id)).status == TaskResultStatus.FAILED
    await on_database_thread(services.task_retry, result.id)
    row = await until(result.id, lambda state: len(state.result.worker_ids) == 4)
    assert (await finished(result.id)).return_value == 4
    assert row.attempts == 1


@pytest.fixture
def staff(client: Client, admin_user: User) -> Client:
    client.force_login(admin_user)
    return client


def fail() -> str:
    result = tasks.add.enqueue(1, 1)
    services.task_cancel(result.id)
    return result.id


def act(client: Client, action: str, *ids: str) -> None:
    url = reverse("admin:django_tasks_database_dbtaskresult_changelist")
    response = client.post(url, {"action": action, "_selected_action": ids}, follow=True)
    assert response.status_code == 200


def test_the_admin_runs_a_failed_task_again(staff: Client) -> None:
    failed = fail()
    act(staff, "retry", failed)
    row = DBTaskResult.objects.get(id=failed)
    assert (row.status, row.finished_at) == (TaskResultStatus.READY, None)
    assert not TaskState.objects.get(result__id=failed).cancel_requested


def test_the_admin_forgets_a_failed_task_and_no_other(staff: Client) -> None:
    failed, waiting = fail(), tasks.add.enqueue(1, 1).id
    act(staff, "discard", failed, waiting)
    assert [str(row.id) for row in DBTaskResult.objects.all()] == [waiting]


def test_the_admin_shows_the_traceback(staff: Client) -> None:
    failed = fail()
    DBTaskResult.objects.filter(id=failed).update(traceback="Traceback: the reason")
    url = reverse("admin:django_tasks_database_dbtaskresult_change", args=[failed])
    assert "Traceback: the reason" in staff.get(url).content.decode()


def test_who_may_only_look_can_do_nothing_about_tasks(client: Client, bob: User) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(Permission.objects.get(codename="view_dbtaskresult"))
    client.force_login(bob)
    failed = fail()
    act(client, "retry", failed)
    assert DBTaskResult.objects.get(id=failed).status == TaskResultStatus.FAILED
