from django import template

from chat.models import Message
from chat.shown import MessageEvent, describe

register = template.Library()


@register.filter
def shown(message: Message | None) -> MessageEvent | None:
    """What a page shows of a message: the same as its event, with the same HTML."""
    return describe(message) if message else None
