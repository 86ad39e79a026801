"""What the consumers of a model have in common: which objects, which fields, and who may."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Literal
from uuid import UUID

from django.contrib.auth import get_permission_codename
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, ValidationError
from django.db import DataError
from django.db.models import Model, QuerySet
from django.utils.encoding import is_protected_type
from django.utils.translation import gettext as _

from .commands import CommandConsumer, CommandError

type Action = Literal["list", "retrieve", "create", "update", "delete", "subscribe"]
type Pk = int | str | UUID

WRITING: Mapping[str, str] = {"create": "add", "update": "change", "delete": "delete"}


class ModelConsumer(CommandConsumer):
    """Serves the objects of `queryset`, each as its `pk` and its `fields`.

    A field is one of the model, whose relations become primary keys, or any other attribute
    of the objects, such as an annotation of the queryset.
    """

    queryset: ClassVar[QuerySet[Any]]
    fields: ClassVar[Sequence[str]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "queryset"):
            for name in cls.fields:
                _check_field(cls, name)

    def get_queryset(self) -> QuerySet[Any]:
        """The objects that there are for this connection."""
        return self.queryset.all()

    def may(self, action: Action, instance: Model | None = None) -> bool:
        """Whether this connection may do this, to this object if it is about one.

        By default, who is connected may read, and Django's permissions of the model are needed
        to write. Runs where it may use the database.
        """
        if action not in WRITING:
            return True
        options = self.queryset.model._meta
        codename = get_permission_codename(WRITING[action], options)
        user = self.scope.get("user")
        return user is not None and user.has_perm(f"{options.app_label}.{codename}")

    @classmethod
    def serialize(cls, instance: Model) -> dict[str, object]:
        """What clients see of an object. All who listen to its changes see the same."""
        return {"pk": instance.pk, **{name: _value(instance, name) for name in cls.fields}}

    def require(self, action: Action, instance: Model | None = None) -> None:
        if not self.may(action, instance):
            raise CommandError("not_allowed", _("You may not do this."))

    def find(self, pk: Pk) -> Model:
        with none_is_not_found():
            found: Model = self.get_queryset().get(pk=pk)
            return found


@contextmanager
def none_is_not_found() -> Iterator[None]:
    """For a look-up by what a client says, which may be no primary key at all."""
    try:
        yield
    except (ObjectDoesNotExist, ValidationError, ValueError, OverflowError, DataError):
        raise CommandError("not_found", _("There is no such object.")) from None


def _check_field(cls: type[ModelConsumer], name: str) -> None:
    model = cls.queryset.model
    try:
        field = model._meta.get_field(name)
        known = field.concrete or not field.auto_created  # unlike a relation from elsewhere
    except FieldDoesNotExist:
        known = hasattr(model, name) or name in cls.queryset.query.annotations
    if not known:
        raise TypeError(f"{cls.__name__}: {model.__name__} has no field {name!r}.")


def _value(instance: Model, name: str) -> object:
    try:
        field: Any = instance._meta.get_field(name)
    except FieldDoesNotExist:
        return getattr(instance, name)
    if field.many_to_many:
        return [related.pk for related in getattr(instance, name).all()]
    value = field.value_from_object(instance)
    return value if is_protected_type(value) else field.value_to_string(instance)
