"""The page Tasks. Its forms work without JavaScript; static/js/tasks.js makes it live."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest

from . import queries, services
from .models import TaskState
from .sample import sample_task


@login_required
def tasks(request: SignedInRequest) -> HttpResponse:
    under_way, ended = queries.tasks_of(request.user)
    context = {
        "under_way": under_way,
        "under_way_limit": queries.UNDER_WAY,
        "ended": ended,
        "ended_limit": queries.ENDED,
        "has_sample": settings.DEBUG,
    }
    return render(request, "worker/tasks.html", context)


@login_required
@require_POST
def task_cancel(request: SignedInRequest) -> HttpResponse:
    services.task_cancel(_own_task(request))
    return redirect("worker:tasks")


@login_required
@require_POST
def task_retry(request: SignedInRequest) -> HttpResponse:
    services.task_retry(_own_task(request))
    return redirect("worker:tasks")


@login_required
@require_POST
def task_sample(request: SignedInRequest) -> HttpResponse:
    """Enqueue a task to look at. Development only: it takes a place from others."""
    if not settings.DEBUG:
        raise Http404
    sample_task.using(owner=request.user).enqueue()
    return redirect("worker:tasks")


def _own_task(request: SignedInRequest) -> UUID:
    """The task that was posted. Raises Http404 where that is none of theirs."""
    try:
        task = UUID(request.POST.get("task", ""))
    except ValueError:
        raise Http404 from None
    return get_object_or_404(TaskState, pk=task, owner=request.user).result_id
