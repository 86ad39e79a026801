"""What the worker tells browsers."""

from typing import Any

from django_tasks_db.models import DBTaskResult

from realtime.envelope import encode_json
from realtime.groups import Group, group_name


def owner_group(user_id: object) -> str:
    """The group of a user's own tasks."""
    return group_name("tasks", user_id)


def announce(row: DBTaskResult[..., Any]) -> None:
    """Tell the owner of a finished task: the user named by its argument `owner_id`, if any."""
    owner_id = row.args_kwargs["kwargs"].get("owner_id")
    if owner_id is None:
        return
    text = encode_json(
        {
            "type": "task.finished",
            "task": row.id,
            "name": row.task_name,
            "status": row.status,
            "result": row.return_value,
        }
    )
    Group(owner_group(owner_id)).send({"type": "task.event", "text": str(text)})
