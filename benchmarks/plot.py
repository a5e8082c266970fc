"""``python -m benchmarks.plot``: the results as pictures in docs/images. Runs in an environment of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl  # type: ignore[import-not-found,unused-ignore]
from matplotlib import pyplot as plt  # type: ignore[import-not-found,unused-ignore]

RESULTS = Path(__file__).with_name("results")
IMAGES = Path(__file__).parents[1] / "docs" / "images"
OURS, OTHERS, FLOOR = "#0b6e4f", "#8a9299", "#c9a227"


def numbers(table: str) -> dict[str, Any] | None:
    """The numbers behind a table, if it has been measured."""
    file = RESULTS / f"{table}.json"
    return json.loads(file.read_text())["numbers"] if file.is_file() else None


def programs(measured: dict[str, Any]) -> None:
    """Microseconds of CPU for a row, program by program."""
    names = sorted(measured, key=lambda name: -measured[name]["us_a_row"])
    costs = [measured[name]["us_a_row"] for name in names]
    colours = [OURS if name.startswith("tap-") else FLOOR if name.startswith("bare") else OTHERS for name in names]
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    bars = axes.barh(names, costs, color=colours)
    axes.bar_label(bars, [f"{cost:,.0f}" for cost in costs], padding=3)
    axes.set(xlabel="microseconds of CPU for each call leg, start taken off (less is better)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.1)
    save(figure, "performance-programs.svg")


def latency(measured: dict[str, Any]) -> None:
    """Rows a second against windows read at once, for each latency."""
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for (delay, speeds), colour in zip(measured.items(), (FLOOR, OURS, OTHERS), strict=False):
        axes.plot([*map(int, speeds)], [*speeds.values()], marker="o", color=colour, label=f"{delay} ms longer")
    axes.set_xscale("log", base=2)
    axes.set(xticks=[1, 2, 4, 8, 16], xticklabels=["1", "2", "4", "8", "16"])
    axes.set(xlabel="parallel_windows", ylabel="rows a second", ylim=(0, None))
    axes.legend(title="each answer takes", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, "performance-latency.svg")


def whole_runs(measured: dict[str, Any]) -> None:
    """Microseconds of CPU for a row in a run from the vendor into a warehouse, by the process that uses them."""
    names = list(reversed(measured))
    figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
    done = [0.0] * len(names)
    for part, colour in (("tap", OURS), ("Meltano", OTHERS), ("target", FLOOR), ("server", "#5b7db1")):
        each = [measured[name]["cpu"][part] / measured[name]["rows"] * 1e6 for name in names]
        label = "Meltano (or dlt's pipeline)" if part == "Meltano" else part
        bars = axes.barh(names, each, left=done, color=colour, label=label)
        done = [before + more for before, more in zip(done, each, strict=True)]
    axes.bar_label(bars, [f"{whole:,.0f}" for whole in done], padding=3)
    axes.set(xlabel="microseconds of CPU for each call leg, starts included (less is better)")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.1)
    save(figure, "performance-whole-runs.svg")


def save(figure: Any, name: str) -> None:
    """Save a figure, the same bytes for the same numbers."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    figure.savefig(IMAGES / name, metadata={"Date": None})
    print(f"wrote docs/images/{name}")


if __name__ == "__main__":
    mpl.rcParams.update({"svg.hashsalt": "tap-callrecords", "svg.fonttype": "none", "font.size": 10})
    for table, draw in (("programs", programs), ("latency", latency), ("end_to_end", whole_runs)):
        if measured := numbers(table):
            draw(measured)
