from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.requests import SignedInRequest
from chat import queries, services
from chat.forms import RoomForm
from chat.models import Room

LAST_ROOM = "room"  # the cookie with the address of the room that this browser showed last


@login_required
def home(request: SignedInRequest) -> HttpResponse:
    """Where one was last, else where most happens."""
    room = queries.room_to_enter(request.user, request.COOKIES.get(LAST_ROOM, ""))
    return redirect(room or "chat:rooms")


@login_required
def rooms(request: SignedInRequest) -> HttpResponse:
    """All rooms, and the form for a new one."""
    form = RoomForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        room = _create(request, form)
        if room is not None:
            return redirect(room)
    context = {"rooms": queries.room_list(request.user), "form": form}
    return render(request, "chat/rooms.html", context, status=400 if form.errors else 200)


def remember_room(request: SignedInRequest, response: HttpResponse, room: Room) -> None:
    """The next visit of this browser begins here."""
    if request.COOKIES.get(LAST_ROOM) != room.slug:
        year = 365 * 24 * 3600
        secure = request.is_secure()
        response.set_cookie(
            LAST_ROOM, room.slug, max_age=year, secure=secure, httponly=True, samesite="Lax"
        )


def _create(request: SignedInRequest, form: RoomForm) -> Room | None:
    try:
        return services.room_create(
            name=form.cleaned_data["name"], kind=form.cleaned_data["kind"], owner=request.user
        )
    except IntegrityError:  # somebody was quicker
        form.add_name_taken()
        return None
