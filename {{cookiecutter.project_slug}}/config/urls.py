from django.contrib import admin
from django.urls import include, path

from . import health

urlpatterns = [
    path("", include("chat.urls")),
    path("tasks/", include("worker.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
]
