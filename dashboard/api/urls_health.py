"""For load balancers and monitors: no key, no shop data."""

from django.urls import path

from dashboard.api.views import health

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
