from django.urls import re_path

from .consumers import ChatConsumer
from .stored import StoredChatConsumer

websocket_urlpatterns = [
    re_path(r"ws/chat/(?P<room_name>\w+)/$", ChatConsumer.as_asgi()),
    re_path(r"ws/stored/(?P<room_name>\w+)/$", StoredChatConsumer.as_asgi()),
]
