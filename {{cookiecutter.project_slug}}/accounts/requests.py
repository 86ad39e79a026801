from django.http import HttpRequest

from .models import User


class SignedInRequest(HttpRequest):
    """For type checkers: the request of a view behind `login_required`."""

    user: User
