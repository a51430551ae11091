from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("", views.home, name="home"),
]
