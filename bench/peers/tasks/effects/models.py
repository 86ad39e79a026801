from django.db import models


class Effect(models.Model):
    """What a task did. A task that runs twice leaves two."""

    number = models.PositiveIntegerField()
