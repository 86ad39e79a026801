from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.requests import SignedInRequest
from chat import queries, search_index
from chat.forms import SearchForm
from chat.search import Search

from .lookup import visible_room


@login_required
def search(request: SignedInRequest) -> HttpResponse:
    """What was said in all rooms that one may see, or in the one of `?room=`."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        raise Http404
    asked = form.cleaned_data
    room = visible_room(request, asked["room"]) if asked["room"] else None
    wanted = Search.parse(asked["q"])
    everywhere = room is None or asked["everywhere"]
    found = queries.search_messages(
        request.user, wanted, room=None if everywhere else room, before=asked["before"]
    )
    context = {
        "text": asked["q"],
        "wanted": wanted,
        "room": room,
        "everywhere": everywhere,
        "hits": [(message, wanted.snippet(message.body)) for message in found.messages],
        "before": found.before,
        "is_plain": not search_index.is_there(connection),
    }
    return render(request, "chat/search.html", context)
