"""What the views of a room have in common."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.requests import SignedInRequest
from chat import queries
from chat.models import Room
from realtime.errors import CommandError


def visible_room(request: SignedInRequest, slug: str) -> Room:
    """Raises Http404 also where there is such a room, but not for this user."""
    try:
        return queries.room_for(request.user, slug)
    except Room.DoesNotExist:
        raise Http404 from None


@contextmanager
def refusals_shown(request: SignedInRequest) -> Iterator[None]:
    """What a service refuses is said on the next page; what is not allowed is a 403."""
    try:
        yield
    except CommandError as error:
        if error.code == "not_allowed":
            raise PermissionDenied(str(error)) from error
        messages.error(request, str(error))
