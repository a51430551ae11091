from django.urls import path

from dashboard.events import views

app_name = "events"
urlpatterns = [
    path("", views.index, name="index"),
    path("live/", views.live, name="live"),
    path("awaited/", views.awaited, name="awaited"),
    path("bots/count-again/", views.count_again, name="count-again"),
    path("retention/", views.retention, name="retention"),
    path("not-interested/", views.not_interested, name="not-interested"),
    path("unknown-items/", views.unknown_items, name="unknown-items"),
]
