from django.contrib import admin

from .models import Message, Room


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin[Room]):
    list_display = ["name", "slug", "seq", "created_at"]
    readonly_fields = ["slug", "seq", "created_at"]
    search_fields = ["name"]

    def has_add_permission(self, request: object) -> bool:
        return False  # rooms are created by services.room_create, which chooses the address


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin[Message]):
    list_display = ["room", "seq", "author", "body", "created_at"]
    list_filter = ["room"]
    list_select_related = ["room", "author"]
    search_fields = ["body"]

    def has_add_permission(self, request: object) -> bool:
        return False  # messages are sent by services.message_send, which publishes them

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
