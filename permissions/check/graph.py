"""The picture of why: boxes in layers from the person down to the permission, lines between them. Numbers only."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cxaccess.lib.clock import last_day
from permissions.check.ways import Step, Way
from permissions.engine import Edge
from permissions.engine import Step as EdgeKind
from permissions.engine.cut import edges

WIDTH, HEIGHT = 220, 46
ACROSS, DOWN, DOWN_LABELLED = 24, 44, 68
LONGEST = 25  # letters that fit a box

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Box:
    """One thing on the way. Its left upper corner is at `x`, `y`."""

    icon: str
    label: str
    note: str
    x: int
    y: int
    end: bool = False

    @property
    def short(self) -> str:
        """Return the label as it fits."""
        return self.label if len(self.label) <= LONGEST else f"{self.label[: LONGEST - 1]}…"


@dataclass(frozen=True, slots=True)
class Line:
    """One step between two boxes; `label` stands on it at `x`, `y`, `width` wide. `cut`: taking it away ends it all."""

    curve: str
    label: str
    x: int
    y: int
    width: int
    cut: bool

    @property
    def left(self) -> int:
        """Return where the ground of the label begins."""
        return self.x - self.width // 2


@dataclass(frozen=True, slots=True)
class Graph:
    """Everything to draw, and its size."""

    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: int
    height: int


@dataclass
class _Plan:
    """What there is to draw, before anybody knows where."""

    boxes: dict[Key, Step] = field(default_factory=dict)
    labels: dict[tuple[Key, Key], list[str]] = field(default_factory=lambda: defaultdict(list))
    cut: set[tuple[Key, Key]] = field(default_factory=set)

    def depths(self) -> dict[Key, int]:
        """Return each box's layer: one below the lowest that leads to it."""
        found = dict.fromkeys(self.boxes, 0)
        for _round in self.boxes:
            for start, end in self.labels:
                found[end] = max(found[end], found[start] + 1)
        return found

    def lanes(self, depths: dict[Key, int]) -> dict[tuple[Key, Key], list[Key]]:
        """Return the empty places, one a layer, by which a line passes the layers between its ends."""
        return {
            pair: [(f"lane {number}", str(depth)) for depth in range(depths[pair[0]] + 1, depths[pair[1]])]
            for number, pair in enumerate(self.labels)
        }


def draw(found: Sequence[Way], ending: frozenset[Edge]) -> Graph:
    """Return the picture of `found`; the steps of `ending` are drawn as cuts."""
    plan = _Plan()
    for way in found:
        _add(plan, way, ending)
    depths = plan.depths()
    last = max(depths.values())
    lanes = plan.lanes(depths)
    layers: dict[int, list[Key]] = defaultdict(list)
    for key, depth in [*depths.items(), *((lane, int(lane[1])) for pair in lanes.values() for lane in pair)]:
        layers[depth].append(key)
    width = max(len(layer) * (WIDTH + ACROSS) - ACROSS for layer in layers.values())
    tops = _tops(plan, depths)
    corners = {key: corner for depth, layer in layers.items() for key, corner in _row(layer, width, tops[depth])}
    boxes = [
        Box(step.icon, step.label, step.note, *corners[key], end=depths[key] == last)
        for key, step in plan.boxes.items()
    ]
    return Graph(boxes, [_line(plan, pair, corners, lanes[pair]) for pair in plan.labels], width, tops[last] + HEIGHT)


def _add(plan: _Plan, way: Way, ending: frozenset[Edge]) -> None:
    """Put one way into the plan. Its steps and the engine's edges run side by side, one edge between two steps."""
    keys: list[Key] = [(step.icon, step.url or step.label) for step in way.steps]
    plan.boxes.update(zip(keys, way.steps, strict=True))
    for pair, edge in zip(pairwise(keys), edges(way.path), strict=True):
        label = _on_line(way, edge)
        if label not in plan.labels[pair]:
            plan.labels[pair].append(label)
        if edge in ending:
            plan.cut.add(pair)


def _on_line(way: Way, edge: Edge) -> str:
    if edge.step in (EdgeKind.GRANT, EdgeKind.OBJECT_GRANT):
        until = way.grant.until
        day = date_format(last_day(until, timezone.get_current_timezone()), "j M Y") if until else ""
        ends = _("to %(day)s") % {"day": day} if until else _("no end")
        return f"{way.where}, {ends}"
    return {"inclusion": _("includes"), "implication": _("implies"), "parent": _("under")}.get(edge.step.value, "")


def _tops(plan: _Plan, depths: dict[Key, int]) -> dict[int, int]:
    """Return where each layer begins; lines with words on them need more room."""
    tops = {0: 0}
    for depth in range(max(depths.values())):
        said = any(any(labels) or pair in plan.cut for pair, labels in plan.labels.items() if depths[pair[0]] == depth)
        tops[depth + 1] = tops[depth] + HEIGHT + (DOWN_LABELLED if said else DOWN)
    return tops


def _row(layer: Iterable[Key], width: int, top: int) -> Iterator[tuple[Key, tuple[int, int]]]:
    """Yield where each box of a layer goes, the layer in the middle."""
    keys = list(layer)
    left = (width - (len(keys) * (WIDTH + ACROSS) - ACROSS)) // 2
    for number, key in enumerate(keys):
        yield key, (left + number * (WIDTH + ACROSS), top)


def _line(plan: _Plan, pair: tuple[Key, Key], corners: dict[Key, tuple[int, int]], lanes: Sequence[Key]) -> Line:
    """Return the line between two boxes: curves between layers, straight down the lanes."""
    start, end = (corners[key] for key in pair)
    x, y = start[0] + WIDTH // 2, start[1] + HEIGHT
    curve = f"M{x} {y}"
    spot = ((x + end[0] + WIDTH // 2) // 2, (y + end[1]) // 2)
    for number, (left, top) in enumerate(corners[lane] for lane in lanes):
        curve += _bend(x, y, left + WIDTH // 2, top) + f" V{top + HEIGHT}"
        x, y = left + WIDTH // 2, top + HEIGHT
        if number == 0:
            spot = (x, top + HEIGHT // 2)
    curve += _bend(x, y, end[0] + WIDTH // 2, end[1])
    cut = pair in plan.cut
    label = _label(plan.labels[pair]) or (_("cut here") if cut else "")
    return Line(curve, label, *spot, width=len(label) * 7 + 12, cut=cut)


def _bend(x: int, y: int, to_x: int, to_y: int) -> str:
    middle = (to_y - y) // 2
    return f" C{x} {y + middle} {to_x} {to_y - middle} {to_x} {to_y}"


def _label(labels: Sequence[str]) -> str:
    said = [label for label in labels if label]
    if len(said) > 1:
        return _("%(n)d grants") % {"n": len(said)}
    return said[0] if said else ""
