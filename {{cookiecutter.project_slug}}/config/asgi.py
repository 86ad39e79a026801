"""The map of the site: which application answers which connection."""

import gc
import os

from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

from realtime.types import Application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# This loads the apps, before what follows imports them.
django_application: Application = get_asgi_application()

from chat.consumers import ChatConsumer  # noqa: E402
from chat.inbox import InboxConsumer  # noqa: E402
from chat.long_poll import RoomPoll  # noqa: E402
from chat.sse import RoomEvents  # noqa: E402
from chat.thumbnails import ThumbnailsConsumer  # noqa: E402
from chatbot.consumers import ChatbotConsumer  # noqa: E402
from config.limits import LIMITS, PAGES_AT_ONCE, Site, SiteEvents, SiteSocket  # noqa: E402
from config.metrics import MetricsConsumer  # noqa: E402
from realtime.auth import AuthMiddlewareStack  # noqa: E402
from realtime.event_stream import EventStream  # noqa: E402
from realtime.in_turn import in_turn  # noqa: E402
from realtime.language import in_own_language  # noqa: E402
from realtime.not_found import NotFoundConsumer  # noqa: E402
from realtime.posted_command import PostedCommand  # noqa: E402
from realtime.root_path import own_root_path  # noqa: E402
from worker.consumers import TasksConsumer, wake  # noqa: E402
from worker.embedded import EmbeddedWorker  # noqa: E402

# Each is a URL, and a stream of the one socket at ws/: "chat/general" is ws/chat/general/.
websocket_routes = [
    path("ws/chat/<slug:room>/", ChatConsumer.as_asgi()),
    path("ws/inbox/", InboxConsumer.as_asgi()),
    path("ws/tasks/", TasksConsumer.as_asgi()),
]

site = Site.over(websocket_routes, prefix="ws/")
own_sockets = URLRouter([*websocket_routes, re_path(r"", NotFoundConsumer.as_asgi())])
sockets = [
    path("ws/", site),
    re_path(r"", SiteSocket.around(own_sockets)),
]

# The one socket for those whose network lets no WebSocket through
events = EventStream.as_asgi(
    application=SiteEvents.over(websocket_routes, prefix="ws/"), limits=LIMITS
)
commands = PostedCommand.as_asgi(application=AllowedHostsOriginValidator(AuthMiddlewareStack(site)))
room_routes = [
    path("events/", AuthMiddlewareStack(RoomEvents.as_asgi(limits=LIMITS))),
    path("poll/", AuthMiddlewareStack(RoomPoll.as_asgi(limits=LIMITS))),
]
http_routes = [
    path("ws/events/", AuthMiddlewareStack(events)),
    path("ws/commands/", commands),
    path("rooms/<slug:room>/", URLRouter(room_routes)),
    path("metrics", MetricsConsumer.as_asgi()),
    re_path(r"", in_turn(django_application, PAGES_AT_ONCE)),
]

worker_channels = ChannelNameRouter(
    {
        "tasks": wake,
        "thumbnails-generate": ThumbnailsConsumer.as_asgi(),
        "thumbnails-delete": ThumbnailsConsumer.as_asgi(),
    }
)

application = ProtocolTypeRouter(
    {
        "http": own_root_path(in_own_language(URLRouter(http_routes))),
        "websocket": own_root_path(
            in_own_language(AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(sockets))))
        ),
        "channel": worker_channels,
        "telegram": ChatbotConsumer.as_asgi(),
        "lifespan": EmbeddedWorker(worker_channels),
    }
)


# What is loaded by now stays: without it, looking for garbage takes a fraction of the time.
gc.collect()
gc.freeze()
