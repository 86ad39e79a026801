"""The same without the site's pool of connections, which Celery closes after each task."""

from settings import *

DATABASES["default"]["OPTIONS"].pop("pool")
