from django.conf import settings

from .types import Application, Receive, Scope, Send


def own_root_path(application: Application) -> Application:
    """Take the root path from FORCE_SCRIPT_NAME only.

    Daphne takes it from the header Daphne-Root-Path, which any client can send.
    """

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        root_path = settings.FORCE_SCRIPT_NAME or ""
        await application({**scope, "root_path": root_path}, receive, send)

    return wrapped
