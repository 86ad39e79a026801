"""The users of `manage.py sample_data`, for development only."""

from django.conf import settings
from django.contrib.auth.hashers import make_password

from .models import User

DEMO_NAMES = ("alice", "bob", "carol")
DEMO_PASSWORD = "demo"  # noqa: S105


def demo_accounts() -> list[str]:
    """What to type on the sign-in page for each demo user there is; nothing in production."""
    if not settings.DEBUG:
        return []
    users = User.objects.filter(username__in=DEMO_NAMES).order_by("username")
    return [user.email if settings.SIGN_IN_BY == "email" else user.username for user in users]


def create_demo_users() -> list[User]:
    """Create the users that are missing; return all of them, in the order of their names."""
    password = make_password(DEMO_PASSWORD)  # once for all: it takes a second
    return [
        User.objects.get_or_create(
            username=name, defaults={"email": f"{name}@example.com", "password": password}
        )[0]
        for name in DEMO_NAMES
    ]
