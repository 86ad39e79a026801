from django.urls import path

from . import views

app_name = "chat"
urlpatterns = [
    path("", views.home, name="home"),
    path("rooms/", views.rooms, name="rooms"),
    path("rooms/<slug:room>/", views.room, name="room"),
    path("rooms/<slug:room>/day/", views.room_day, name="room_day"),
    path("rooms/<slug:room>/attachments/", views.attachment_upload, name="attachment_upload"),
    path("attachments/<uuid:pk>/", views.attachment, name="attachment"),
    path(
        "attachments/<uuid:pk>/thumbnail/", views.attachment_thumbnail, name="attachment_thumbnail"
    ),
    path("rooms/<slug:room>/settings/", views.room_settings, name="room_settings"),
    path("rooms/<slug:room>/archive/", views.room_archive, name="room_archive"),
    path("rooms/<slug:room>/leave/", views.room_leave, name="room_leave"),
    path(
        "rooms/<slug:room>/members/<int:member>/remove/", views.member_remove, name="member_remove"
    ),
    path("rooms/<slug:room>/invitations/", views.invitation_create, name="invitation_create"),
    path(
        "rooms/<slug:room>/invitations/<int:pk>/take-back/",
        views.invitation_take_back,
        name="invitation_take_back",
    ),
    path("search/", views.search, name="search"),
    path("people/", views.people, name="people"),
    path("people/<str:username>/", views.person, name="person"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("rooms/<slug:room>/statistics/", views.room_statistics, name="room_statistics"),
]
