from django.urls import path

from dashboard.catalog.views import catalog, corrections, feeds, merchandise

app_name = "catalog"
urlpatterns = [
    path("", catalog.index, name="index"),
    path("fix/", corrections.fix, name="fix"),
    path("fix/save/", corrections.save_fixes, name="save-fixes"),
    path("correct/", corrections.correct, name="correct"),
    path("merchandise/", merchandise.index, name="merchandise"),
    path("merchandise/say/", merchandise.say, name="say-merchandise"),
    path("upload/", feeds.upload, name="upload"),
    path("feeds/", feeds.index, name="feeds"),
    path("feeds/add/", feeds.add, name="add-source"),
    path("feeds/<int:source_id>/fetch/", feeds.fetch, name="fetch-source"),
    path("feeds/<int:source_id>/pause/", feeds.pause, name="pause-source"),
    path("feeds/<int:source_id>/remove/", feeds.remove, name="remove-source"),
    path("imports/<int:import_id>/", feeds.feed_import, name="import"),
    path("imports/<int:import_id>/live/", feeds.live, name="import-live"),
    path("imports/<int:import_id>/apply/", feeds.apply, name="apply-import"),
    path("imports/<int:import_id>/refused-rows.csv", feeds.problems, name="import-problems"),
]
