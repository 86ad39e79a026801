from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Message, Room


class NamedRoomForm(forms.ModelForm[Room]):
    def add_name_taken(self) -> None:
        """Whether it is taken only the database knows for sure, so it is not asked before."""
        self.add_error("name", _("There is a room of this name."))


class RoomForm(NamedRoomForm):
    """A new room."""

    kind = forms.ChoiceField(
        choices=[
            (Room.Kind.OPEN, _("Open: everybody who is signed in can read and write")),
            (Room.Kind.PRIVATE, _("Private: only people you invite")),
        ],
        initial=Room.Kind.OPEN,
        required=False,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Room
        fields = ["name"]

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Room.Kind.OPEN


class RoomSettingsForm(NamedRoomForm):
    """Its name, for those who look after it, and its topic."""

    def __init__(self, *args: Any, moderates: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if not moderates:
            del self.fields["name"]

    class Meta:
        model = Room
        fields = ["name", "topic"]


class MessageForm(forms.ModelForm[Message]):
    """The composer, for those who post without JavaScript."""

    class Meta:
        model = Message
        fields = ["body"]


class NumberField(forms.IntegerField):
    """A number of a message, or nothing."""

    def __init__(self) -> None:
        super().__init__(min_value=0, max_value=2**63 - 1, required=False)


class PlaceForm(forms.Form):
    """Which part of a room's history is asked for."""

    before = NumberField()
    after = NumberField()
    at = NumberField()


class DayForm(forms.Form):
    date = forms.DateField(input_formats=["%Y-%m-%d"])


class SearchForm(forms.Form):
    """Empty where one begins; `before` is the last that was shown."""

    q = forms.CharField(max_length=200, required=False)
    room = forms.SlugField(max_length=80, required=False)
    everywhere = forms.BooleanField(required=False)
    before = NumberField()
