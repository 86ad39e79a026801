from django.urls import path

from . import views

app_name = "chat"
urlpatterns = [
    path("", views.rooms, name="rooms"),
    path("rooms/", views.room_create, name="room_create"),
    path("rooms/<slug:room>/", views.room, name="room"),
    path("rooms/<slug:room>/statistics/", views.room_statistics, name="room_statistics"),
]
