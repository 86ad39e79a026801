"""The site's own settings, and a table for what its tasks do here."""

from config.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "effects"]
