"""Fragments that show what serving would answer; the pages around them belong to policies and overview."""

app_name = "serving"
urlpatterns: list[object] = []
