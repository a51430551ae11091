from django.urls import path

from dashboard.accounts import views

app_name = "settings"
urlpatterns = [path("", views.shop_settings, name="index")]
