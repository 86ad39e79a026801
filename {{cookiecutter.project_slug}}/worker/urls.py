from django.urls import path

from . import views

app_name = "worker"
urlpatterns = [
    path("", views.tasks, name="tasks"),
    path("cancel/", views.task_cancel, name="task_cancel"),
    path("retry/", views.task_retry, name="task_retry"),
    path("sample/", views.task_sample, name="task_sample"),
]
