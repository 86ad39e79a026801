from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import SignedInRequest
from chat import queries, services

from .lookup import refusals_shown, visible_room


@login_required
@require_POST
def room_leave(request: SignedInRequest, room: str) -> HttpResponse:
    found = visible_room(request, room)
    with refusals_shown(request):
        services.room_leave(user=request.user, room_id=found.pk)
    return redirect("chat:rooms")


@login_required
@require_POST
def member_remove(request: SignedInRequest, room: str, member: int) -> HttpResponse:
    found = visible_room(request, room)
    with refusals_shown(request):
        services.member_remove(user=request.user, room_id=found.pk, member_id=member)
    if member == request.user.pk:
        return redirect("chat:rooms")
    return redirect("chat:room_settings", found.slug)


@login_required
def people(request: SignedInRequest) -> HttpResponse:
    """Whom to write to."""
    query = request.GET.get("q", "").replace("\0", "").strip()
    context = {
        "rooms": queries.room_list(request.user),
        "query": query,
        "people": queries.people_to_write_to(request.user, query),
    }
    return render(request, "chat/people_page.html", context)


@login_required
def person(request: SignedInRequest, username: str) -> HttpResponse:
    """Somebody; a POST goes to the direct room of the two, which may be new."""
    if "\0" in username:  # which PostgreSQL does not compare
        raise Http404
    other = get_object_or_404(User, username=username, is_active=True)
    if other == request.user:
        raise Http404
    if request.method == "POST":
        return redirect(services.direct_room(user=request.user, other=other))
    room = queries.direct_room_of(request.user, other)
    if room is not None:
        return redirect(room)
    context = {"rooms": queries.room_list(request.user), "other": other}
    return render(request, "chat/direct.html", context)
