"""Telling groups which objects were created, updated and deleted, once that is committed.

It goes by the signals of saving and deleting. So `bulk_create()`, `update()` and raw SQL are
not seen, nor are changes of many-to-many relations; what a cascade deletes is.

For each object that is saved or deleted, the database is asked twice: whether it was of the
queryset before, and what it is after the commit.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from .envelope import encode_json
from .groups import Group


@dataclass(frozen=True, eq=False)
class ModelEvents:
    """What is told of the objects of a queryset, and where. All processes know it by `name`."""

    name: str
    queryset: QuerySet[Any]
    serialize: Callable[[Any], object]
    group_for: Callable[[object], Group]  # by the primary key

    def concern(self, instance: Model, using: str) -> bool:
        return self.queryset.using(using).filter(pk=instance.pk).exists()

    def tell(self, pk: object, was_there: bool, using: str) -> None:
        """Tell what became of an object. One that neither was nor is in the queryset is no news."""
        instance = self.queryset.using(using).filter(pk=pk).first()
        if instance is None and not was_there:
            return
        kind = "deleted" if instance is None else "updated" if was_there else "created"
        event: dict[str, object] = {"type": f"object.{kind}", "pk": pk}
        if instance is not None:
            event["object"] = self.serialize(instance)
        message = {"type": "object.event", "text": str(encode_json(event))}
        self.group_for(pk).send(message)


_watched: defaultdict[type[Model], list[ModelEvents]] = defaultdict(list)
_names: set[str] = set()


def watch(events: ModelEvents) -> None:
    """Tell of these from now on, in this process."""
    if events.name in _names:
        raise TypeError(f"There is another {events.name}, whose groups would hear the same.")
    _names.add(events.name)
    stored: Any = events.queryset.model._meta.concrete_model
    for sender in apps.get_models():
        if issubclass(sender, stored):  # proxies and children send signals of their own
            if sender not in _watched:
                _connect(sender)
            _watched[sender].append(events)


def _connect(sender: type[Model]) -> None:
    pre_save.connect(_note, sender=sender)
    post_save.connect(_tell_on_commit, sender=sender)
    pre_delete.connect(_note, sender=sender)
    post_delete.connect(_tell_on_commit, sender=sender)


def _note(sender: type[Model], instance: Any, using: str, **kwargs: object) -> None:
    """Remember which events concern the object as it is stored."""
    instance._concerned = [
        events
        for events in _watched[sender]
        if instance.pk is not None and events.concern(instance, using)
    ]


def _tell_on_commit(
    sender: type[Model], instance: Any, using: str, signal: object, **kwargs: object
) -> None:
    concerned = instance.__dict__.pop("_concerned", [])
    for events in _watched[sender]:
        of_parent = events.queryset.model._meta.concrete_model is not sender._meta.concrete_model
        if signal is post_delete and of_parent:
            continue  # the parent is deleted as well, with a signal of its own
        tell = partial(events.tell, instance.pk, events in concerned, using)
        # Robust: the write is done, so nothing here may fail it.
        transaction.on_commit(tell, using=using, robust=True)
