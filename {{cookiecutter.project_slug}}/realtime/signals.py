"""Says at whose sessions to look, in all processes: see sign_out.py.

`update()` sends no signal, nor does a session that is deleted by itself: the regular look finds
those. To tell of each session would make `clearsessions` read all that it deletes.
"""

import logging
from collections.abc import Set
from functools import partial
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from redis.exceptions import RedisError

from .sign_out import CHECK_SECONDS, USER_CHANGES
from .types import Message

logger = logging.getLogger(__name__)


@receiver(user_logged_out)
def tell_of_logout(user: Any, **_: object) -> None:
    if user is not None:
        _tell(user)


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def tell_of_change(
    instance: Any, created: bool, update_fields: Set[str] | None, using: str, **_: object
) -> None:
    """Of any, such as of the password or of `is_active`, but for what each sign-in changes."""
    if not created and update_fields != {"last_login"}:
        _tell(instance, using)


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def tell_of_deletion(instance: Any, using: str, **_: object) -> None:
    _tell(instance, using)


def _tell(user: Any, using: str | None = None) -> None:
    # As the session has it; and now, since one that is deleted loses it.
    key = user._meta.pk.value_to_string(user)
    message = {"type": "user.changed", "user": key}
    transaction.on_commit(partial(_publish, message), using=using, robust=True)


def _publish(message: Message) -> None:
    if get_channel_layer(USER_CHANGES.alias) is None:
        return
    try:
        USER_CHANGES.send(message)
    except (RedisError, OSError) as error:  # OSError: timeouts
        logger.warning(
            "Nobody can be told of a user's change, so it takes up to %s s to be seen: %s",
            CHECK_SECONDS,
            error,
        )
