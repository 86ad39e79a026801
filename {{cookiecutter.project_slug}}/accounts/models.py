from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """The site's own user model, so that fields can be added later without pain.

    `username` is who somebody is in rooms, and `name` what they are called there; SIGN_IN_BY
    says whether people sign in with their user name or with their e-mail address.
    """

    NAME_MAX_LENGTH = 60

    name = models.CharField(_("shown name"), max_length=NAME_MAX_LENGTH, blank=True)

    @property
    def shown_name(self) -> str:
        return self.name or self.username
