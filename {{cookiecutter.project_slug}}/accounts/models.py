from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """The site's own user model, so that fields can be added later without pain.

    `username` is the public name, shown in rooms; SIGN_IN_BY says whether people
    sign in with it or with their e-mail address.
    """
