"""What people may change about themselves, apart from what allauth's pages do."""

from .models import User


def user_rename(*, user: User, name: str) -> None:
    """Change what somebody is called in rooms; "" is their user name. For messages to come."""
    User.objects.filter(pk=user.pk).update(name=name)
    user.name = name
