from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who is there: the user model, sign-up and sign-in."""

    name = "accounts"
