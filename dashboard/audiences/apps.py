from django.apps import AppConfig


class AudiencesConfig(AppConfig):
    name = "dashboard.audiences"
    label = "audiences"
