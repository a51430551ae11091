from django.urls import path

from dashboard.overview import views

app_name = "overview"
urlpatterns = [
    path("", views.index, name="index"),
    path("exploration/", views.exploration, name="exploration"),
    path("standing/", views.standing, name="standing"),
    path("needs/put-off/", views.put_off, name="put-off"),
    path("needs/bring-back/", views.bring_back, name="bring-back"),
    path("access-request/", views.access_request, name="access-request"),
    path("search/", views.search, name="search"),
]
