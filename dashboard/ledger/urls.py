from django.urls import path

from dashboard.ledger import views

app_name = "ledger"
urlpatterns = [
    path("ledger/", views.index, name="index"),
    path("experiments/<int:experiment_id>/exploration/", views.experiment_costs, name="experiment-costs"),
    path("launches/", views.launched, name="launches"),
    path("launches/trial/", views.trial, name="trial"),
]
