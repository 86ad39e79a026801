from django.db import models


class Effect(models.Model):
    """What a task wrote. One that runs twice writes two."""

    number = models.PositiveIntegerField()
