"""Where Chromium is and how it is started. Knows no Django: the runner asks before there are settings."""

import os
import shutil

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path():
    """Chromium of the system; None where there is none."""
    wanted = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((found for name in wanted if name and (found := shutil.which(name))), None)
