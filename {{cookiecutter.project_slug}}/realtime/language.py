"""The language that a connection speaks: what `LocaleMiddleware` does for pages."""

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.utils import translation

from .types import Application, Receive, Scope, Send


def in_own_language(application: Application) -> Application:
    """Have each connection speak the language that its browser asks for, if the site has it.

    All tasks that the connection starts speak it too. Who works for many connections does not:
    what such a one says to somebody must be lazy, and be encoded where it is sent.
    """

    async def speaking(scope: Scope, receive: Receive, send: Send) -> None:
        with translation.override(language_of(scope)):
            await application(scope, receive, send)

    return speaking


def language_of(scope: Scope) -> str:
    """By the cookie of Django's `set_language` view, then by Accept-Language."""
    headers = dict(scope["headers"])
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin1")
    cookies = headers.get(b"cookie", b"").decode("latin1")
    if settings.LANGUAGE_COOKIE_NAME in cookies:
        request.COOKIES = parse_cookie(cookies)
    return translation.get_language_from_request(request)
