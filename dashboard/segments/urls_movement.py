from django.urls import path

from dashboard.segments import views

app_name = "movement"
urlpatterns = [path("", views.movement, name="index")]
