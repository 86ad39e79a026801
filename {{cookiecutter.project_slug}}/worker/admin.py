from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

from . import services
from .models import Schedule, Worker

type Row = DBTaskResult[..., Any]

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    """django-tasks-db's list, with the attempts, and with what can be done about a failure."""

    list_display = ("task_name", "status", "enqueued_at", "finished_at", "attempts", "owner")  # type: ignore[assignment]
    list_select_related = ["state__owner"]
    search_fields = ["id", "task_path", "exception_class_path"]
    actions = ["retry", "discard", "cancel"]

    @admin.display(ordering="state__attempts")
    def attempts(self, row: Row) -> int | str:
        return row.state.attempts if hasattr(row, "state") else "-"

    @admin.display(ordering="state__owner")
    def owner(self, row: Row) -> str:
        return str(row.state.owner or "-") if hasattr(row, "state") else "-"

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("django_tasks_database.change_dbtaskresult")

    @admin.action(description=_("Run failed tasks again"), permissions=["steer"])
    def retry(self, request: HttpRequest, rows: QuerySet[Row]) -> None:
        for row in rows:
            services.task_retry(row.pk)

    @admin.action(description=_("Forget failed tasks"), permissions=["steer"])
    def discard(self, request: HttpRequest, rows: QuerySet[Row]) -> None:
        for row in rows:
            services.task_discard(row.pk)

    @admin.action(description=_("Cancel tasks"), permissions=["steer"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Row]) -> None:
        for row in rows:
            services.task_cancel(row.pk)


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin[Schedule]):
    list_display = ["name", "task_path", "cron", "next_at", "enabled"]
    readonly_fields = ["next_at"]


@admin.register(Worker)
class WorkerAdmin(admin.ModelAdmin[Worker]):
    list_display = ["name", "concurrency", "started_at", "seen_at"]

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
