"""The users of `manage.py sample_data`, for development only."""

from django.conf import settings

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
    users = []
    for name in DEMO_NAMES:
        user, created = User.objects.get_or_create(
            username=name, defaults={"email": f"{name}@example.com"}
        )
        if created:
            user.set_password(DEMO_PASSWORD)
            user.save()
        users.append(user)
    return users
