from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from chat import queries, services
from chat.models import Invitation

from .lookup import refusals_shown, visible_room


@login_required
@require_POST
def invitation_create(request: SignedInRequest, room: str) -> HttpResponse:
    found = visible_room(request, room)
    with refusals_shown(request):
        services.invitation_create(user=request.user, room_id=found.pk)
    return redirect("chat:room_settings", found.slug)


@login_required
@require_POST
def invitation_take_back(request: SignedInRequest, room: str, pk: int) -> HttpResponse:
    found = visible_room(request, room)
    with refusals_shown(request):
        services.invitation_take_back(user=request.user, room_id=found.pk, pk=pk)
    return redirect("chat:room_settings", found.slug)


@login_required
def invitation(request: SignedInRequest, token: str) -> HttpResponse:
    """Says into which room; a POST joins it."""
    try:
        if request.method == "POST":
            return redirect(services.invitation_accept(user=request.user, token=token))
        found = services.valid_invitation(token)
    except Invitation.DoesNotExist:
        context: dict[str, object] = {"rooms": queries.room_list(request.user)}
        return render(request, "chat/invitation.html", context, status=404)
    if found.room.memberships.filter(user=request.user).exists():
        return redirect(found.room)
    members = found.room.memberships.count()
    context = {
        "rooms": queries.room_list(request.user),
        "invitation": found,
        "members": members,
    }
    return render(request, "chat/invitation.html", context)
