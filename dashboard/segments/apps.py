from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "dashboard.segments"
    label = "segments"
