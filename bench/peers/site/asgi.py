"""The generated site's real-time half: its chat, and a broadcast that stores nothing.

The stack is that of the site's `config/asgi.py`: origin check, sign-in, multiplexer. The consumer
is the seam: put here what `realtime` offers for a plain broadcast.
"""

import gc
from dataclasses import replace

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

django_application = get_asgi_application()

import config.limits  # noqa: E402
from chat.consumers import ChatConsumer  # noqa: E402
from realtime.auth import AuthMiddlewareStack  # noqa: E402
from realtime.rooms import GroupConsumer  # noqa: E402

# The site's own limits, but for those on how much a client may say: that is what is measured.
LIMITS = replace(config.limits.LIMITS, frames=None, bytes=None, user_frames=None, user_bytes=None)


class Site(config.limits.Site):
    limits = LIMITS


class SiteSocket(config.limits.SiteSocket):
    limits = LIMITS


class Broadcast(GroupConsumer):
    group_name = "bench.{room}"


routes = [
    path("ws/chat/<slug:room>/", Broadcast.as_asgi()),
    path("ws/stored/<slug:room>/", ChatConsumer.as_asgi()),
]

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(
                URLRouter(
                    [
                        path("ws/", Site.over(routes, prefix="ws/")),
                        re_path("", SiteSocket.around(URLRouter(routes))),
                    ]
                )
            )
        ),
    }
)

gc.collect()
gc.freeze()
