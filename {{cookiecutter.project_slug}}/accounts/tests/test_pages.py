import re

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import Settings

from accounts.models import User

pytestmark = pytest.mark.django_db

NEW_USER = {
    "username": "dora",
    "email": "dora@example.com",
    "password1": "a long pass phrase",
    "password2": "a long pass phrase",
}


def sign_in(client: Client, password: str) -> int:
    login = "alice@example.com" if settings.SIGN_IN_BY == "email" else "alice"
    data = {"login": login, "password": password}
    return client.post(reverse("account_login"), data).status_code


def test_a_visitor_can_sign_up_and_is_in(client: Client) -> None:
    response = client.post(reverse("account_signup"), NEW_USER, follow=True)
    assert response.context["user"].username == "dora"
    assert response.request["PATH_INFO"] == reverse("chat:rooms")


def test_sign_up_asks_for_a_good_password(client: Client) -> None:
    weak = {**NEW_USER, "password1": "12345678", "password2": "12345678"}
    assert "password1" in client.post(reverse("account_signup"), weak).context["form"].errors
    assert not User.objects.exists()


def test_people_sign_in_and_out(client: Client, alice: User) -> None:
    assert sign_in(client, "wrong") == 200
    assert "_auth_user_id" not in client.session
    assert sign_in(client, "correct horse") == 302
    assert client.session["_auth_user_id"] == str(alice.pk)
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_a_password_can_be_changed(client: Client, alice: User) -> None:
    client.force_login(alice)
    data = {
        "oldpassword": "correct horse",
        "password1": "battery staple 9",
        "password2": "battery staple 9",
    }
    client.post(reverse("account_change_password"), data)
    alice.refresh_from_db()
    assert alice.check_password("battery staple 9")


def test_a_forgotten_password_is_reset_by_mail(client: Client, alice: User) -> None:
    client.post(reverse("account_reset_password"), {"email": alice.email})
    found = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert found
    form_page = client.get(found[1], follow=True)
    data = {"password1": "battery staple 9", "password2": "battery staple 9"}
    client.post(form_page.request["PATH_INFO"], data)
    alice.refresh_from_db()
    assert alice.check_password("battery staple 9")


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_reset_password", "account_logout"]
)
def test_account_pages_are_styled_like_the_rest(client: Client, alice: User, name: str) -> None:
    if name == "account_logout":
        client.force_login(alice)
    page = client.get(reverse(name)).content.decode()
    assert escape(settings.SITE_NAME) in page
    assert "css/" in page


def test_demo_users_are_named_on_the_sign_in_page_in_development_only(
    client: Client, alice: User, settings: Settings
) -> None:
    settings.DEBUG = True
    assert "alice" in client.get(reverse("account_login")).content.decode()
    settings.DEBUG = False
    assert "alice" not in client.get(reverse("account_login")).content.decode()
