from django.urls import path

from dashboard.policies import views

app_name = "policies"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.detail, name="detail"),
    path("<slug:slug>/rules/", views.rules, name="rules"),
    path("<slug:slug>/versions/", views.versions, name="versions"),
    path("<slug:slug>/embed/", views.embed, name="embed"),
    path("<slug:slug>/publish/", views.publish, name="publish"),
    path("<slug:slug>/rules/add/", views.add_rule, name="add-rule"),
    path("<slug:slug>/rules/remove/", views.remove_rule, name="remove-rule"),
    path("<slug:slug>/roll-back/", views.roll_back, name="roll-back"),
]
