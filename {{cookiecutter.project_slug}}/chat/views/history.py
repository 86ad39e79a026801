from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from accounts.requests import SignedInRequest
from chat import queries
from chat.forms import DayForm, PlaceForm
from chat.models import Message, Room

from .lookup import visible_room


def asked_history(request: SignedInRequest, room: Room) -> queries.History:
    """The part of a room's history that the address names: `?before=`, `?after=` or `?at=`.

    Without them, the newest. Raises Http404 where that makes no sense.
    """
    form = PlaceForm(request.GET)
    if not form.is_valid():
        raise Http404
    try:
        return queries.room_history(room, **form.cleaned_data)
    except Message.DoesNotExist:
        raise Http404 from None


@login_required
def room_day(request: SignedInRequest, room: str) -> HttpResponse:
    """Leads to what was first said on the day `?date=`, or after it; else to the newest."""
    found = visible_room(request, room)
    form = DayForm(request.GET)
    if not form.is_valid():
        raise Http404
    message = queries.first_of_day(found, form.cleaned_data["date"])
    return redirect(message or found)
