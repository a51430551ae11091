"""The chart of a soak: `python -m benchmarks.soak_chart soak.json soak.png` (or .html)."""

import json
import sys
import tempfile
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

INK, LINE = "#1c1c1a", "#d8d6cf"
SERIES = {"max": "#c7b9a5", "p99": "#b4541f", "p50": "#1f6f5c"}
KINDS = ("#1f6f5c", "#3a5fa8", "#8a3f80", "#b4541f", "#6b6b1f", "#2a7f9e", "#5c5c5c")
WIDTH, HEIGHT = 1100, 640


def draw(found, path):
    """`found`: what `benchmarks.soak` wrote."""
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12, row_heights=[0.6, 0.4],
        subplot_titles=("Slates, milliseconds, by ten seconds", "Memory of the processes, MiB"),
    )  # fmt: skip
    minutes = [window["at"] / 60 for window in found["windows"]]
    for name, colour in SERIES.items():
        heights = [window[name] for window in found["windows"]]
        figure.add_trace(go.Scatter(x=minutes, y=heights, name=name, line={"color": colour, "width": 1.5}), 1, 1)
    kinds = sorted({kind for sample in found["memory"] for kind in sample} - {"at"})
    for kind, colour in zip(kinds, KINDS, strict=False):
        x, y = zip(*[(sample["at"] / 60, sample.get(kind)) for sample in found["memory"]], strict=True)
        figure.add_trace(go.Scatter(x=x, y=y, name=kind, legend="legend2", line={"color": colour, "width": 1.5}), 2, 1)
    figure.add_hline(y=250, row=1, col=1, line={"color": "#a02c3c", "dash": "dot", "width": 1})
    for incident in found["incidents"]:
        figure.add_vline(x=incident["at"] / 60, line={"color": LINE, "width": 1})
    figure.update_xaxes(title="minutes", row=2, col=1)
    figure.update_xaxes(gridcolor=LINE, zeroline=False)
    figure.update_yaxes(gridcolor=LINE, rangemode="tozero")
    figure.update_layout(
        legend2={"y": 0.36},
        width=WIDTH, height=HEIGHT, plot_bgcolor="#fff", paper_bgcolor="#fff", font={"size": 13, "color": INK},
        margin={"l": 60, "r": 20, "t": 40, "b": 50},
    )  # fmt: skip
    html = figure.to_html(include_plotlyjs=True, config={"displayModeBar": False})
    if path.suffix == ".html":
        path.write_text(html, encoding="utf-8")
    else:
        photograph(html, path)


def photograph(html, path, width=WIDTH, height=HEIGHT):
    """What Chromium shows of a page, at twice the size."""
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import CHROMIUM_ARGUMENTS, chromium_path

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "chart.html"
        page_file.write_text(html, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": width + 16, "height": height + 16}, device_scale_factor=2)
        page.goto(page_file.as_uri())
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
