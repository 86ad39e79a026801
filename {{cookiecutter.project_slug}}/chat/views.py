from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest

from . import queries, services, tasks
from .forms import MessageForm, RoomForm
from .models import Room


@login_required
def rooms(request: SignedInRequest) -> HttpResponse:
    """All rooms, and the form for a new one."""
    return _rooms_page(request, RoomForm())


@login_required
@require_POST
def room_create(request: SignedInRequest) -> HttpResponse:
    form = RoomForm(request.POST)
    if not form.is_valid():
        return _rooms_page(request, form)
    return redirect(services.room_create(name=form.cleaned_data["name"]))


def _rooms_page(request: SignedInRequest, form: RoomForm) -> HttpResponse:
    context = {"rooms": queries.rooms_with_last_message(), "form": form}
    return render(request, "chat/rooms.html", context, status=400 if form.errors else 200)


@login_required
def room(request: SignedInRequest, room: str) -> HttpResponse:
    """A room with its newest messages. A POST says something in it, for lack of JavaScript."""
    found = get_object_or_404(Room, slug=room)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.message_send(author=request.user, room=found, body=form.cleaned_data["body"])
        return redirect(found)
    context = {
        "room": found,
        "rooms": queries.rooms_with_last_message(),
        "chat_messages": queries.room_history(found),
        "form": form,
    }
    return render(request, "chat/room.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def room_statistics(request: SignedInRequest, room: str) -> HttpResponse:
    """Have the worker count; the answer arrives on the stream `tasks` of whoever asked."""
    found = get_object_or_404(Room, slug=room)
    result = tasks.room_statistics.using(owner=request.user).enqueue(room_id=found.pk)
    return JsonResponse({"task": result.id}, status=202)
