"""Pictures drawn on the server as SVG, coloured by class. Each says its finding in words; the numbers stand nearby."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from cxaccess.lib import pictures

register = template.Library()

# The colours of parts, in order, where the caller names none: accent, its lighter sister, then state colours.
FILLS = ("1", "2", "ok", "warn", "bad", "3")
RADIUS, GAP = 42, 2


def _fill(part: Sequence[Any], index: int) -> str:
    """Return the end of the class that colours `part`: of `c1`, `d2`, `c-ok`."""
    fill = str(part[2]) if len(part) > 2 else FILLS[index % len(FILLS)]
    return fill if fill.isdigit() else f"-{fill}"


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(points))


@register.simple_tag
def meter(shares: Sequence[Sequence[Any]], label: str) -> SafeString:
    """Draw a bar of `shares`: (label, value) or (label, value, fill). `label` says the finding."""
    found = pictures.parts([float(share[1]) for share in shares])
    bars = format_html_join(
        "",
        '<rect class="c{}" x="{}" y="0" width="{}" height="8"/>',
        (
            (
                _fill(share, index),
                f"{part.start * 100:.2f}",
                f"{part.length * 100:.2f}",
            )
            for index, (share, part) in enumerate(zip(shares, found, strict=True))
        ),
    )
    return format_html(
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="c0" width="100" height="8"/>{}</svg>',
        label,
        bars,
    )


@register.simple_tag
def donut(shares: Sequence[Sequence[Any]], label: str, total: str, unit: str = "") -> SafeString:
    """Draw a ring of `shares` with `total` and `unit` in its middle. `label` says the finding."""
    found = pictures.parts([float(share[1]) for share in shares])
    rings = format_html_join(
        "",
        '<circle class="d{}" cx="56" cy="56" r="42" stroke-dasharray="{} {}" stroke-dashoffset="{}"'
        ' transform="rotate(-90 56 56)"/>',
        (
            (
                _fill(share, index),
                *(f"{number:.1f}" for number in pictures.arc(part, RADIUS, GAP)),
            )
            for index, (share, part) in enumerate(zip(shares, found, strict=True))
            if part.length
        ),
    )
    return format_html(
        '<svg class="donut" viewBox="0 0 112 112" role="img" aria-label="{}"><circle cx="56" cy="56" r="42"/>{}'
        '<text x="56" y="60">{}</text><text class="sub" x="56" y="75">{}</text></svg>',
        label,
        rings,
        total,
        unit,
    )


@register.simple_tag
def legend(shares: Sequence[Sequence[Any]], css: str = "list") -> SafeString:
    """List `shares` with their colours and values: the table of a picture."""
    lines = format_html_join(
        "",
        '<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="c{}" width="10" height="10" rx="3"/></svg>'
        "{}<b>{}</b></li>",
        ((_fill(share, index), share[0], share[1]) for index, share in enumerate(shares)),
    )
    return format_html('<ul class="legend {}">{}</ul>', css, lines)


@register.simple_tag
def spark(values: Sequence[float], label: str) -> SafeString:
    """Draw a line without axes, for a key figure. `label` says the finding ("Rising over eight weeks")."""
    if not values:
        return SafeString("")
    drawn = _points(pictures.line(values, 100, 30, pad=4))
    return format_html(
        '<svg class="spark" viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="area" d="{} L100 30 L0 30Z"/><path d="{}"/></svg>',
        label,
        drawn,
        drawn,
    )


WIDTH, HEIGHT, BASE = 480, 150, 126


@register.simple_tag
def bars(columns: Sequence[Sequence[Any]], label: str) -> SafeString:
    """Draw a bar for each of `columns`: (label, value) or (label, value, fill). `label` says the finding."""
    if not columns:
        return SafeString("")
    top = pictures.ceiling(max(float(column[1]) for column in columns))
    step = WIDTH / len(columns)
    every = max(1, -(-len(columns) // 8))
    drawn = format_html_join(
        "",
        '<rect class="c{}" x="{}" y="{}" width="{}" height="{}" rx="2"/>'
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (
                _fill(column, 0),
                f"{index * step + step * 0.1:.1f}",
                f"{BASE - float(column[1]) / top * (BASE - 12):.1f}",
                f"{step * 0.8:.1f}",
                f"{float(column[1]) / top * (BASE - 12):.1f}",
                f"{index * step + step / 2:.1f}",
                BASE + 18,
                column[0] if index % every == 0 else "",
            )
            for index, column in enumerate(columns)
        ),
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/>'
        '<text x="0" y="10">{}</text><line class="grid" x1="40" x2="{}" y1="12" y2="12"/>{}</svg>',
        WIDTH, HEIGHT, label, WIDTH, BASE, BASE, f"{top:,}", WIDTH, drawn,
    )  # fmt: skip


@register.simple_tag
def pulse(columns: Sequence[Sequence[Any]], label: str) -> SafeString:
    """Draw a low strip of bars, (label, value) each, the last one strong. `label` says the finding."""
    if not columns:
        return SafeString("")
    top = max(1.0, *(float(column[1]) for column in columns))
    step, last = 1000 / len(columns), len(columns) - 1
    heights = [max(1.0, float(column[1]) / top * 30) for column in columns]
    bars = (
        f'<rect class="{"c1" if index == last else "c2"}" x="{index * step:.1f}" y="{34 - tall:.1f}"'
        f' width="{step - 4:.1f}" height="{tall:.1f}" rx="2"/>'
        for index, tall in enumerate(heights)
    )
    drawn = mark_safe("".join(bars))  # noqa: S308 - numbers only
    marks = format_html_join(
        "",
        '<text x="{}" y="48">{}</text>',
        ((f"{index * step:.0f}", columns[index][0]) for index in range(0, last, max(1, -(-len(columns) // 4)))),
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 1000 50" role="img" aria-label="{}">{}{}'
        '<text x="1000" y="48" text-anchor="end">{}</text></svg>',
        label,
        drawn,
        marks,
        columns[-1][0],
    )
