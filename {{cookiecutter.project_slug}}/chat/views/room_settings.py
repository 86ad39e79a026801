from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from chat import queries, services
from chat.forms import RoomSettingsForm
from chat.models import Room

from .lookup import refusals_shown, visible_room


@login_required
def room_settings(request: SignedInRequest, room: str) -> HttpResponse:
    """What a room is called and about, and who is in it."""
    found = _room_with_settings(request, room)
    moderates = services.moderates(request.user, found)
    form = RoomSettingsForm(request.POST or None, instance=found, moderates=moderates)
    if request.method == "POST" and form.is_valid() and _saved(request, found.pk, form):
        return redirect("chat:room_settings", found.slug)
    return render(
        request,
        "chat/room_settings.html",
        {
            "room": queries.room_for(request.user, room),  # the form has changed the other one
            "rooms": queries.room_list(request.user),
            "form": form,
            "moderates": moderates,
            "memberships": found.memberships.select_related("user").order_by("joined_at", "pk"),
            "invitations": found.invitations.filter(expires_at__gt=timezone.now()),
        },
        status=400 if form.errors else 200,
    )


@login_required
@require_POST
def room_archive(request: SignedInRequest, room: str) -> HttpResponse:
    found = _room_with_settings(request, room)
    archived = request.POST.get("archived") == "yes"
    with refusals_shown(request):
        services.room_archive(user=request.user, room_id=found.pk, archived=archived)
    return redirect("chat:room_settings", found.slug)


def _saved(request: SignedInRequest, room_id: int, form: RoomSettingsForm) -> bool:
    values = form.cleaned_data
    with refusals_shown(request):
        try:
            with transaction.atomic():
                if "name" in form.changed_data:
                    services.room_rename(user=request.user, room_id=room_id, name=values["name"])
                if "topic" in form.changed_data:
                    services.room_set_topic(
                        user=request.user, room_id=room_id, topic=values["topic"]
                    )
        except IntegrityError:
            form.add_name_taken()
            return False
        messages.success(request, _("Saved."))
    return True


def _room_with_settings(request: SignedInRequest, slug: str) -> Room:
    found = visible_room(request, slug)
    if found.is_direct:
        raise Http404
    return found
