"""How much of a room somebody has not read, counted as far as anybody wants to know."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery
from django.db.models.expressions import Combinable

from chat.models import Message

UNREAD_AT_MOST = 100  # shown as 99+


class SubqueryCount(Subquery):
    """How many rows a subquery has; one that is cut off is not counted any further."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, queryset: "QuerySet[Any]") -> None:
        super().__init__(queryset)


def unread_messages(*, user: Any, room: Combinable, since: Combinable) -> SubqueryCount:
    """What others said after `since`: the index `messages_to_count` alone answers this."""
    messages = Message.objects.filter(room=room, seq__gt=since, deleted_at=None)
    others = messages.exclude(author=user).order_by().values("seq")
    return SubqueryCount(others[:UNREAD_AT_MOST])
