"""Reading and writing the objects of a queryset over a socket."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, router, transaction
from django.db.models import Model
from django.forms import BaseModelForm, ModelForm, modelform_factory
from django.utils.translation import gettext as _

from .commands import Command, CommandError, handles
from .database import on_database_thread
from .model_consumer import ModelConsumer, none_is_not_found

type Key = int | str  # a primary key in JSON


class ObjectList(Command, tag="object.list"):
    after: Key | None = None  # what the page before gave as `next`
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


class ObjectRetrieve(Command, tag="object.retrieve"):
    pk: Key


class ObjectCreate(Command, tag="object.create"):
    values: dict[str, Any]


class ObjectUpdate(Command, tag="object.update"):
    pk: Key
    values: dict[str, Any]


class ObjectDelete(Command, tag="object.delete"):
    pk: Key


class InvalidError(CommandError):
    """Values that do not do; `fields` says what is wrong with which."""

    def __init__(self, errors: Mapping[Any, Iterable[object]]) -> None:
        super().__init__("invalid", _("Some values are not valid."))
        self.errors = {name: [str(message) for message in errors[name]] for name in errors}

    def fields(self) -> dict[str, object]:
        return {**super().fields(), "fields": self.errors}


class ListConsumer(ModelConsumer):
    """Reads: `object.list`, by pages in the order of primary keys, and `object.retrieve`."""

    page_size: ClassVar[int] = 50  # and the most that a client may ask for
    ordering: ClassVar[Literal["pk", "-pk"]] = "pk"

    @handles(ObjectList)
    async def object_list(self, command: ObjectList) -> dict[str, object]:
        return await on_database_thread(self._list, command)

    @handles(ObjectRetrieve)
    async def object_retrieve(self, command: ObjectRetrieve) -> dict[str, object]:
        return await on_database_thread(self._retrieve, command)

    def _list(self, command: ObjectList) -> dict[str, object]:
        self.require("list")
        limit = min(command.limit or self.page_size, self.page_size)
        page = self.get_queryset().order_by(self.ordering)
        with none_is_not_found():
            if command.after is not None:
                beyond = "pk__gt" if self.ordering == "pk" else "pk__lt"
                page = page.filter(**{beyond: command.after})
            found = list(page[: limit + 1])  # one more, to see whether there is more
        objects = found[:limit]
        following = objects[-1].pk if len(found) > limit else None
        return {"objects": [self.serialize(one) for one in objects], "next": following}

    def _retrieve(self, command: ObjectRetrieve) -> dict[str, object]:
        instance = self.find(command.pk)
        self.require("retrieve", instance)
        return {"object": self.serialize(instance)}


class CRUDConsumer(ListConsumer):
    """Reads, and writes by a form: `object.create`, `object.update` and `object.delete`.

    The form is `form_class`, or made for the fields that are `editable`; with neither, nothing
    can be created or updated. An update validates and changes the values that it gives, and
    these only. Where the site has services that write, call them in the `perform_` methods.
    """

    editable: ClassVar[Sequence[str]] = ()
    form_class: ClassVar[type[BaseModelForm[Any]] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.editable and "form_class" not in vars(cls):
            cls.form_class = modelform_factory(cls.queryset.model, ModelForm, fields=cls.editable)

    # These run in a transaction, where they may use the database.

    def perform_create(self, form: BaseModelForm[Any]) -> Model:
        created: Model = form.save()
        return created

    def perform_update(self, form: BaseModelForm[Any]) -> Model:
        updated: Model = form.save()
        return updated

    def perform_delete(self, instance: Model) -> None:
        instance.delete()

    @handles(ObjectCreate)
    async def object_create(self, command: ObjectCreate) -> dict[str, object]:
        return await on_database_thread(self._create, command)

    @handles(ObjectUpdate)
    async def object_update(self, command: ObjectUpdate) -> dict[str, object]:
        return await on_database_thread(self._update, command)

    @handles(ObjectDelete)
    async def object_delete(self, command: ObjectDelete) -> None:
        await on_database_thread(self._delete, command)

    def _create(self, command: ObjectCreate) -> dict[str, object]:
        with self._writing():
            self.require("create")
            form = self._form(command.values)
            return self._written(self.perform_create(_valid(form)))

    def _update(self, command: ObjectUpdate) -> dict[str, object]:
        with self._writing():
            instance = self._find_and_lock(command.pk)
            self.require("update", instance)
            form = self._form(command.values, instance)
            for name in form.fields.keys() - command.values.keys():
                del form.fields[name]
            _valid(form)
            # Also those that the form left out, since they are about other fields as well.
            form.instance.validate_unique()
            form.instance.validate_constraints()
            return self._written(self.perform_update(form))

    def _delete(self, command: ObjectDelete) -> None:
        with self._writing():
            instance = self._find_and_lock(command.pk)
            self.require("delete", instance)
            self.perform_delete(instance)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with transaction.atomic(using=router.db_for_write(self.queryset.model)):
                yield
        except ValidationError as error:
            whole = {NON_FIELD_ERRORS: error.messages}
            raise InvalidError(getattr(error, "message_dict", whole)) from None
        except IntegrityError:
            raise CommandError("conflict", _("This conflicts with what is stored.")) from None

    def _find_and_lock(self, pk: Key) -> Model:
        # By itself, since not every queryset can be locked: one that groups or joins cannot.
        with none_is_not_found():
            rows = self.queryset.model._base_manager.select_for_update()
            rows.values_list("pk").get(pk=pk)
        return self.find(pk)

    def _form(self, values: Mapping[str, Any], instance: Model | None = None) -> BaseModelForm[Any]:
        if self.form_class is None:
            raise CommandError("not_allowed", _("This cannot be written here."))
        form = self.form_class(values, instance=instance)
        unknown = values.keys() - form.fields.keys()
        if unknown:
            raise InvalidError({name: [_("There is no such field.")] for name in sorted(unknown)})
        return form

    def _written(self, instance: Model) -> dict[str, object]:
        """As it can be read now: None, if it is not among the objects of this connection."""
        found = self.get_queryset().filter(pk=instance.pk).first()
        return {"object": None if found is None else self.serialize(found)}


def _valid(form: BaseModelForm[Any]) -> BaseModelForm[Any]:
    if not form.is_valid():
        raise InvalidError(form.errors)
    return form
