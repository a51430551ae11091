"""The charts of the models page."""

from dashboard.training.charts import quality_over_time
from dashboard.training.quality import Estimate, ModelVersion


def version(number, low, value, high, *, serves=False):
    found = Estimate(value, low, high)
    return ModelVersion(number, f"v{number}", number, serves, False, True, found, None, None, 0.08, 2_500)


def test_the_label_of_what_serves_has_room_above_the_highest_interval():
    """On a phone it was cut by the upper edge."""
    versions = [version(3, 0.41, 0.44, 0.47), version(2, 0.45, 0.48, 0.52, serves=True), version(1, 0.40, 0.42, 0.45)]
    layout = quality_over_time(versions).layout
    (label,) = layout["annotations"]
    bottom, top = layout["yaxis"]["range"]
    assert (bottom, label["x"], label["y"]) == (0, "v2", 48.0)
    assert top >= 1.15 * 52
