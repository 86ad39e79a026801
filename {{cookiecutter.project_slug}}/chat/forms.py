from django import forms

from .models import Message, Room


class RoomForm(forms.ModelForm[Room]):
    """A new room's name."""

    class Meta:
        model = Room
        fields = ["name"]


class MessageForm(forms.ModelForm[Message]):
    """The composer, for those who post without JavaScript."""

    class Meta:
        model = Message
        fields = ["body"]
