from django.conf import settings
from django.http import HttpRequest

from .demo import demo_accounts


def site(request: HttpRequest) -> dict[str, object]:
    """What every page needs to know of the site."""
    return {"SITE_NAME": settings.SITE_NAME, "DEBUG_ACCOUNTS": demo_accounts}
