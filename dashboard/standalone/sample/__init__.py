"""“Holly & Hearth”, the sample shop (docs/sample-shop.md). This module alone stays free of Django and pandas."""

SAMPLE_SHOP = "holly-and-hearth"
SAMPLE_NAME = "Holly & Hearth"
