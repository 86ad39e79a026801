"""The site's own settings, and one table more: for what the tasks of the bench do."""

from config.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "effects"]
