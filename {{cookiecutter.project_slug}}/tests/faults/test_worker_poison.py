"""Row 7: what goes wrong in a task harms no other."""

from .work import Crew, TaskSite, until


def test_tasks_that_kill_hang_or_return_what_cannot_be_stored_fail_and_harm_no_other(
    work: TaskSite,
) -> None:
    work.run(
        "for poison in (tasks.kill_the_worker, tasks.hang, tasks.return_no_json):\n"
        "    poison.enqueue()\n"
        "for number in range(50): tasks.work.enqueue(number, seconds=0.1)"
    )
    with Crew(work, 2, LEASE_SECONDS="4", LOOK_SECONDS="1").at_work():
        until(lambda: work.statuses() == {"SUCCESSFUL": 50, "FAILED": 3})
    errors = work.query(
        "SELECT task_path, exception_class_path FROM {rows} WHERE status = 'FAILED'"
    )
    assert {path.rpartition(".")[2]: error for path, error in errors} == {
        "kill_the_worker": "worker.outcomes.WorkerDiedError",
        "hang": "builtins.TimeoutError",
        "return_no_json": "builtins.TypeError",
    }
    assert set(work.traces("ended")) == set(range(50))
