from django.urls import path

from dashboard.audiences import views

app_name = "audiences"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("week/", views.week, name="week"),
    path("count/", views.count, name="count"),
    path("create/", views.create, name="create"),
    path("privacy/", views.privacy, name="privacy"),
    path("<int:audience_id>/", views.detail, name="detail"),
    path("<int:audience_id>/edit/", views.edit, name="edit"),
    path("<int:audience_id>/change/", views.change, name="change"),
    path("<int:audience_id>/archive/", views.archive, name="archive"),
    path("<int:audience_id>/export/", views.export, name="export"),
]
