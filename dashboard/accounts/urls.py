from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.accounts import team_views, views
from dashboard.accounts.doors import sign_in_door

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in_door(views.SignIn.as_view()), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("invitations/<str:token>/", team_views.invitation, name="invitation"),
    path("", views.home, name="home"),
]
