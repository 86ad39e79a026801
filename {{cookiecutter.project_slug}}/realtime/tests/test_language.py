from pytest_django import Settings

from realtime.language import language_of


def asked_by(**headers: str) -> str:
    pairs = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return language_of({"headers": pairs})


def test_a_browser_gets_the_first_of_its_languages_that_the_site_has(settings: Settings) -> None:
    settings.LANGUAGE_CODE = "en"
    assert asked_by(accept_language="de-AT,de;q=0.9,en;q=0.8") == "de"
    assert asked_by(accept_language="xx,en;q=0.5,de;q=0.7") == "de"


def test_who_asks_for_none_that_the_site_has_gets_its_own(settings: Settings) -> None:
    settings.LANGUAGE_CODE = "de"
    assert asked_by() == asked_by(accept_language="xx,yy;q=0.5") == "de"
    assert asked_by(accept_language='";q=\xff,,') == "de"


def test_the_choice_that_a_cookie_keeps_comes_first(settings: Settings) -> None:
    chosen = f"{settings.LANGUAGE_COOKIE_NAME}=de"
    assert asked_by(accept_language="en", cookie=f"sessionid=1; {chosen}") == "de"
    assert asked_by(accept_language="en", cookie=f"{settings.LANGUAGE_COOKIE_NAME}=xx") == "en"
