"""The charts of docs/exploration.md."""

import numpy as np
import plotly.graph_objects as go

from benchmarks.intervals import half_width
from benchmarks.soak_chart import INK, LINE, photograph

COLOURS = {"default": "#1f6f5c", "greedy": "#b4541f", "fatigue": "#3a5fa8", "epsilon": "#6b6b1f", "thompson": "#8a3f80"}
COLOURS |= {"oracle": "#8c8c88"}
WORLDS = {"stable": "#6b6b1f", "drift": "#2a7f9e", "satiation": "#1f6f5c", "launches": "#b4541f", "seasonal": "#8a3f80"}
NAMES = {"fatigue": "greedy + fatigue", "epsilon": "ε-greedy", "thompson": "Thompson"}
WIDTH, HEIGHT = 900, 420


def draw_rewards(found, world, path):
    """Clicks a slate by day, means of the seeds."""
    figure = go.Figure()
    for policy, colour in COLOURS.items():
        daily = found.daily(world, policy).mean(axis=0)
        style = {
            "color": colour,
            "width": 3 if policy == "default" else 1.5,
            "dash": "dot" if policy == "oracle" else None,
        }
        figure.add_trace(
            go.Scatter(x=np.arange(1, len(daily) + 1), y=daily, name=NAMES.get(policy, policy), line=style)
        )
    _finish(figure, f"{world}: expected clicks a slate", path)


def draw_gain(found, worlds, path):
    """Clicks a visitor that the default has earned more than greedy with fatigue so far, with 95 % intervals."""
    figure = go.Figure()
    for world in worlds:
        summed = (found.daily(world, "default") - found.daily(world, "fatigue")).cumsum(axis=1)
        mean, half = summed.mean(axis=0), half_width(summed)
        days, colour = np.arange(1, len(mean) + 1), WORLDS[world]
        band = {"x": [*days, *days[::-1]], "y": [*(mean + half), *(mean - half)[::-1]], "fill": "toself"}
        figure.add_trace(go.Scatter(**band, fillcolor=colour, opacity=0.12, line={"width": 0}, showlegend=False))
        figure.add_trace(go.Scatter(x=days, y=mean, name=world, line={"color": colour, "width": 2}))
    figure.add_hline(y=0, line={"color": INK, "width": 1})
    _finish(figure, "clicks a visitor gained so far over greedy + fatigue", path)


def _finish(figure, title, path):
    figure.update_xaxes(title="day", gridcolor=LINE, zeroline=False)
    figure.update_yaxes(gridcolor=LINE, zeroline=False)
    figure.update_layout(
        title=title, width=WIDTH, height=HEIGHT, plot_bgcolor="#fff", paper_bgcolor="#fff",
        font={"size": 13, "color": INK}, margin={"l": 60, "r": 20, "t": 50, "b": 50},
    )  # fmt: skip
    photograph(figure.to_html(include_plotlyjs=True, config={"displayModeBar": False}), path, WIDTH, HEIGHT)
