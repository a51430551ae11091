from django.urls import path

from dashboard.ledger import views

app_name = "ledger"
urlpatterns = [
    path("ledger/", views.index, name="index"),
    path("launches/", views.launched, name="launches"),
    path("launches/trial/", views.trial, name="trial"),
]
