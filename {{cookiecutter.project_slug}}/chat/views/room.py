from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from chat import queries, services, tasks
from chat.forms import MessageForm
from chat.models import Membership, Room
from realtime.errors import CommandError

from .history import asked_history
from .lookup import visible_room
from .rooms import remember_room

QUICK_REACTIONS = ["👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀"]


@login_required
def room(request: SignedInRequest, room: str) -> HttpResponse:
    """A room and some of its messages. A POST says something in it, for lack of JavaScript."""
    # Read before its messages are: what happens in between is in them, and comes as an event too.
    found = visible_room(request, room)
    services.room_enter(user=request.user, room=found)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _said(request, found, form):
        return redirect(found)
    history = asked_history(request, found)
    context = {
        "room": found,
        "membership": Membership.objects.filter(room=found, user=request.user).first(),
        "rooms": queries.room_list(request.user),
        "history": history,
        "chat_messages": history.messages,
        "at": history.at,
        "quick_reactions": QUICK_REACTIONS,
        "form": form,
    }
    response = render(request, "chat/room.html", context, status=400 if form.errors else 200)
    remember_room(request, response, found)
    return response


def _said(request: SignedInRequest, room: Room, form: MessageForm) -> bool:
    user, body = request.user, form.cleaned_data["body"]
    try:
        files = [
            services.attachment_create(user=user, room=room, upload=upload).pk
            for upload in request.FILES.getlist("files")
        ]
        services.message_send(author=user, room=room, body=body, attachments=files)
    except CommandError as error:
        form.add_error("body", str(error))
        return False
    return True


@login_required
@require_POST
def room_statistics(request: SignedInRequest, room: str) -> HttpResponse:
    """Have the worker count; the answer arrives on the stream `tasks` of whoever asked."""
    found = visible_room(request, room)
    result = tasks.room_statistics.using(owner=request.user).enqueue(room_id=found.pk)
    return JsonResponse({"task": result.id}, status=202)
