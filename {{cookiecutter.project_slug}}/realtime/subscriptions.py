"""Following the objects of a model: one of them, or all of a queryset.

The module that defines such a consumer must be loaded by all processes that write. An app's
`consumers.py` is; see apps.py.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from . import close_codes
from .commands import CommandError
from .database import on_database_thread
from .envelope import Encoded
from .groups import Group, group_name
from .model_consumer import ModelConsumer, Pk
from .model_events import ModelEvents, watch
from .types import Message

CLOSE_CODES = {"not_found": close_codes.NOT_FOUND, "not_allowed": close_codes.NOT_ALLOWED}


class SubscribeConsumer(ModelConsumer):
    """What both kinds have in common. Who may listen is asked once, on connecting."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "queryset"):
            watch(ModelEvents(cls._name(), cls.queryset, cls.serialize, cls.group_for))

    @classmethod
    def _name(cls) -> str:
        return f"{cls.__module__}.{cls.__qualname__}"

    @classmethod
    def group_for(cls, pk: object) -> Group:
        """The group that hears of an object."""
        raise NotImplementedError

    async def object_event(self, event: Message) -> None:
        await self.send(text_data=Encoded(event["text"]))


class ObjectSubscribeConsumer(SubscribeConsumer):
    """Follows one object of `queryset`: that whose primary key is `pk` in the route.

    It sends `object.current` at once, then `object.updated` and `object.deleted`.
    """

    @classmethod
    def group_for(cls, pk: object) -> Group:
        return Group(group_name("object", f"{pk}-{cls._name()}"), cls.channel_layer_alias)

    async def connect(self) -> None:
        try:
            self.pk = self._pk()
            # Listen first and read then, so that nothing falls between.
            await self.listen(self.group_for(self.pk).name)
            current = await on_database_thread(self._current)
        except CommandError as error:
            await self.refuse(CLOSE_CODES[error.code], str(error))
        else:
            await self.accept()
            await self.send_value(current)

    async def layer_reconnected(self, event: Message) -> None:
        try:
            await self.send_value(await on_database_thread(self._current))
        except CommandError as error:
            await self.close(CLOSE_CODES[error.code], str(error))

    def _pk(self) -> Pk:
        text = self.scope["url_route"]["kwargs"]["pk"]
        try:
            pk: Pk = self.queryset.model._meta.pk.to_python(text)  # as the signals have it
            return pk
        except ValidationError:
            raise CommandError("not_found", _("There is no such object.")) from None

    def _current(self) -> dict[str, object]:
        instance = self.find(self.pk)
        self.require("subscribe", instance)
        return {"type": "object.current", "object": self.serialize(instance)}


class ModelSubscribeConsumer(SubscribeConsumer):
    """Follows all objects of `queryset`: `object.created`, `object.updated`, `object.deleted`.

    One that enters or leaves the queryset is created or deleted, as far as this is concerned.
    `object.missed` says that some may have been lost, so that the client should list them anew.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.get_queryset is not ModelConsumer.get_queryset:
            raise TypeError(
                f"{cls.__name__} tells everybody the same, of `queryset`: get_queryset() would"
                " not keep the rest from anybody."
            )
        super().__init_subclass__(**kwargs)

    @classmethod
    def group_for(cls, pk: object = None) -> Group:
        return Group(group_name("objects", cls._name()), cls.channel_layer_alias)

    async def connect(self) -> None:
        try:
            await on_database_thread(self.require, "subscribe")
        except CommandError as error:
            await self.refuse(CLOSE_CODES[error.code], str(error))
            return
        await self.listen(self.group_for().name)
        await self.accept()

    async def layer_reconnected(self, event: Message) -> None:
        await self.send_value({"type": "object.missed"})
