"""Draws plots. Needs matplotlib, so it is loaded only when a picture is wanted."""

from pathlib import Path

from matplotlib.figure import Figure

from geopush.bench.plot import Plot


def draw(plot: Plot, path: Path) -> None:
    """Write a picture of a plot; the end of the name says which kind."""
    figure = Figure(figsize=(7.5, 4.5), dpi=120, layout="constrained")
    axes = figure.add_subplot(
        title=plot.title, xlabel=plot.across, ylabel=plot.up, xscale="log", yscale="log"
    )
    for name, line in plot.lines.items():
        axes.plot(*zip(*line, strict=True), marker="o", markersize=4, label=name)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path)
