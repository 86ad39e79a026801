from typing import cast

from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from . import services
from .models import Message, Room


def staff(request: HttpRequest) -> User:
    return cast("User", request.user)  # of the admin, which asks everybody to sign in


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin[Room]):
    """Staff names and archives open rooms; the others are their members' own."""

    list_display = ["__str__", "kind", "slug", "seq", "archived_at", "created_at"]
    list_filter = ["kind"]
    fields = ["name", "kind", "slug", "topic", "seq", "archived_at", "created_at"]
    readonly_fields = ["kind", "slug", "topic", "seq", "archived_at", "created_at"]
    search_fields = ["name"]
    actions = ["archive", "take_out_of_archive"]

    @admin.action(description=_("Archive"))
    def archive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room in queryset.filter(kind=Room.Kind.OPEN):
            services.room_archive(user=staff(request), room_id=room.pk, archived=True)

    @admin.action(description=_("Take out of the archive"))
    def take_out_of_archive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room in queryset.filter(kind=Room.Kind.OPEN):
            services.room_archive(user=staff(request), room_id=room.pk, archived=False)

    def save_model(
        self, request: HttpRequest, obj: Room, form: ModelForm[Room], change: bool
    ) -> None:
        try:
            services.room_rename(user=staff(request), room_id=obj.pk, name=obj.name)
        except IntegrityError:
            messages.error(request, _("There is a room of this name."))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # rooms are created by services.room_create, which chooses the address

    def has_change_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return _is_open(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return _is_open(obj) and super().has_delete_permission(request, obj)


def _is_open(room: Room | None) -> bool:
    return room is None or room.kind == Room.Kind.OPEN  # staff are not in the others


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin[Message]):
    list_display = ["room", "seq", "author", "body", "created_at"]
    list_filter = ["room"]
    list_select_related = ["room", "author"]
    search_fields = ["body"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).filter(room__kind=Room.Kind.OPEN)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # messages are sent by services.message_send, which publishes them

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Message) -> None:
        """Leaves a tombstone, as everywhere: to delete the row would tell nobody."""
        self.delete_queryset(request, Message.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        for message in queryset.filter(deleted_at=None):
            where = {"room_id": message.room_id, "seq": message.seq}
            services.message_delete(user=staff(request), **where)
