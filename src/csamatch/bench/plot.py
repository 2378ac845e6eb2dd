"""Throughput over the number of keys, drawn: a panel for each share of hits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from csamatch.bench import engine, limit, peers
from csamatch.bench.report import spell_share
from csamatch.bench.turns import Row

# Okabe and Ito's colours, which the colour-blind can tell apart too.
_KERNEL_COLOURS: Final = ("#0072B2", "#009E73", "#D55E00")
_PEER_COLOURS: Final = ("#CC79A7", "#56B4E9", "#E69F00", "#666666")
_MARKERS: Final = "osD^vPX"
_LABEL_SIZE: Final = 8
_APART: Final = 0.034
"""How far labels keep from each other, as a share of the panel's height."""


class _Line(NamedTuple):
    """A line of the picture: where it goes and how it looks."""

    name: str
    keys: list[int]
    rates: list[float]
    style: dict[str, Any]


def _style(section: str, number: int) -> dict[str, Any]:
    """Look of the nth line of a section: colours and markers go round at different paces."""
    if section == limit.SECTION:
        dashes = ("-", "--")[number % 2]
        return {"color": "black", "linestyle": dashes, "linewidth": 1.8, "marker": "_"}
    if section == engine.SECTION:
        colour = _KERNEL_COLOURS[number % len(_KERNEL_COLOURS)]
        return {"color": colour, "linewidth": 2.2, "marker": "o", "markersize": 5}
    return {
        "color": _PEER_COLOURS[number % len(_PEER_COLOURS)],
        "linewidth": 1.0,
        "marker": _MARKERS[number % len(_MARKERS)],
        "markersize": 4,
    }


def _lines(rows: Sequence[Row]) -> list[_Line]:
    """Gather rows of one share of hits into lines."""
    lines = []
    for section in (limit.SECTION, engine.SECTION, peers.SECTION):
        members = [row for row in rows if row.section == section and row.rate]
        for number, name in enumerate(dict.fromkeys(row.name for row in members)):
            found = sorted((row.keys, row.rate or 0.0) for row in members if row.name == name)
            keys, rates = [keys for keys, _ in found], [rate for _, rate in found]
            label = f"limit: {name}" if section == limit.SECTION else name
            label = f"csamatch {name}" if section == engine.SECTION else label
            lines.append(_Line(label, keys, rates, _style(section, number)))
    return lines


def _spread(heights: Sequence[float]) -> list[float]:
    """Move label heights (0 to 1) apart, as little as keeps them in order and in the panel."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    # Halfway between pushing them up from below and down from above, each of which keeps them
    # apart.
    placed = [0.0] * len(heights)
    for way, run in ((1, order), (-1, order[::-1])):
        bound = 0.0 if way == 1 else 1.0
        for i in run:
            place = way * max(way * heights[i], way * bound)
            placed[i] += place / 2
            bound = place + way * _APART
    return placed


def _label(panel: Any, lines: Sequence[_Line]) -> None:
    """Write each line's name beside the panel, with a thread from its end to the name."""
    to_panel = panel.transData + panel.transAxes.inverted()
    ends = [to_panel.transform((line.keys[-1], line.rates[-1])) for line in lines]
    last = max(line.keys[-1] for line in lines)
    for line, end, height in zip(lines, ends, _spread([end[1] for end in ends]), strict=True):
        panel.annotate(
            line.name,
            xy=tuple(end),
            xytext=(1.03, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            fontsize=_LABEL_SIZE,
            fontweight="bold" if line.style["linewidth"] > 2 else "normal",
            color="#222222",
            verticalalignment="center",
            arrowprops={
                "arrowstyle": "-",
                "color": line.style["color"],
                "linewidth": 0.8,
                "linestyle": "-" if line.keys[-1] == last else ":",
                "relpos": (0, 0.5),
                "shrinkA": 1,
                "shrinkB": 2,
            },
        )


def _draw_panel(panel: Any, rows: Sequence[Row], hits: float) -> list[_Line]:
    lines = _lines(rows)
    for line in lines:
        panel.plot(line.keys, line.rates, **line.style)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_title(f"{spell_share(hits)} of the queries listed", fontsize=10)
    panel.set_xlabel("keys in the list")
    panel.grid(True, which="major", color="#dddddd", linewidth=0.6)
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    return lines


def is_drawn(row: Row) -> bool:
    """Whether a row belongs into the picture: look-ups of 16-byte keys do."""
    return row.hits is not None and row.width == peers.WIDTH


def draw(path: Path, rows: Sequence[Row]) -> None:
    """Draw the look-ups of 16-byte keys among these rows.

    Parameters
    ----------
    path : path
        Where to; its suffix says which format (svg, png, pdf).
    rows : sequence of Row
        All that was measured; some of them `is_drawn`.
    """
    import matplotlib

    # Text stays text, the same run gives the same bytes, and no display is needed.
    matplotlib.use("agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "csamatch"})
    from matplotlib import pyplot

    rows = [row for row in rows if is_drawn(row)]
    shares = sorted({row.hits for row in rows if row.hits is not None})
    size = (5.8 * len(shares), 6.2)
    figure, panels = pyplot.subplots(1, len(shares), figsize=size, sharey=True, squeeze=False)
    drawn = [
        (panel, _draw_panel(panel, [row for row in rows if row.hits == hits], hits))
        for panel, hits in zip(panels[0], shares, strict=True)
    ]
    panels[0][0].set_ylabel("million look-ups a second, one thread")
    figure.subplots_adjust(left=0.07, right=0.81, bottom=0.09, top=0.94, wspace=0.7)
    for panel, lines in drawn:
        _label(panel, lines)
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, facecolor="white", metadata=metadata, dpi=110)
    pyplot.close(figure)
