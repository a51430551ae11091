from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.accounts import profile_views, team_views, views
from dashboard.accounts.login_throttle import throttled_sign_in

app_name = "accounts"
urlpatterns = [
    path("sign-in/", throttled_sign_in(views.SignIn.as_view()), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("invitations/<str:token>/", team_views.invitation, name="invitation"),
    path("profile/", profile_views.profile, name="profile"),
    path("profile/name/", profile_views.change_name, name="change-name"),
    path("profile/password/", profile_views.change_password, name="change-password"),
    path("", views.home, name="home"),
]
