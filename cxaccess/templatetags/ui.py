"""Template tags that every page may use: icons, people, states, times, links that keep the page's address."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import date, datetime, tzinfo
from functools import lru_cache
from html import escape
from typing import Any

import lucide
from django import template
from django.contrib.messages.storage.base import Message
from django.template import defaulttags
from django.template.base import Parser, Token
from django.template.context import RequestContext
from django.template.defaulttags import URLNode
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cxaccess.addresses import address
from cxaccess.ago import relative
from cxaccess.lib.clock import last_day
from cxaccess.lib.listing import BACK, ONWARD, PAGING
from cxaccess.lib.models import Risk

register = template.Library()

# What the console calls its pictures, by lucide's names. Anything else is lucide's name itself.
ICONS = {
    "overview": "house",
    "access": "key-round",
    "person": "user",
    "people": "users",
    "team": "network",
    "group": "users-round",
    "structure": "folder-tree",
    "department": "building-2",
    "region": "map",
    "role": "id-card",
    "grant": "timer",
    "birthright": "briefcase-business",
    "policy": "shield-half",
    "resource": "box",
    "catalogue": "library",
    "check-access": "scan-search",
    "import": "file-input",
    "integration": "plug",
    "trail": "list-tree",
    "report": "chart-column",
    "help": "circle-question-mark",
    "second-factor": "fingerprint-pattern",
    "no": "ban",
    "yes": "shield-check",
    "warning": "triangle-alert",
    "more": "ellipsis",
    "undo": "undo-2",
    "why": "message-circle-question-mark",
}
RISKS = {Risk.LOW: "low", Risk.MEDIUM: "medium", Risk.HIGH: "high", Risk.CRITICAL: "critical"}
HUES = 7


@lru_cache(maxsize=512)
def _icon(name: str, css: str) -> SafeString:
    svg = lucide._render_icon(ICONS.get(name, name), None)
    inner = svg[svg.index(">") + 1 : svg.rindex("</svg>")].strip()
    return mark_safe(f'<svg class="{css}" viewBox="0 0 24 24" aria-hidden="true">{inner}</svg>')  # noqa: S308 - the package's own drawing


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw the icon `name` (ours or lucide's); `css` adds a class such as `icon-sm`. It is never read aloud."""
    return _icon(name, f"icon {css}".strip())


def hue(name: str) -> int:
    """Return which of the seven hues `name` has: the same in every process, on every page."""
    return hashlib.sha256(name.encode()).digest()[0] % HUES + 1


def initials(name: str) -> str:
    """Return one or two letters for `name`: of its first and its last word.

    >>> initials("Dr. Maximilian von Hohenstein-Rosenthal"), initials("priya")
    ('DH', 'P')
    """
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


@register.simple_tag
def avatar(name: str, css: str = "") -> SafeString:
    """Draw the initials of `name`; the name itself must stand beside it."""
    return _avatar(name, css)


# Typed, here and below: markup must not be taken for the same text that is none.
@lru_cache(maxsize=4096, typed=True)
def _avatar(name: str, css: str) -> SafeString:
    return format_html('<span class="avatar h{} {}" aria-hidden="true">{}</span>', hue(name), css, initials(name))


@register.simple_tag
def risk(level: int | None) -> SafeString:
    """Draw a risk as bars and a word."""
    if level is None:
        return format_html('<span class="muted">{}</span>', _("Not rated"))
    return _risk(int(level), get_language())


@lru_cache(maxsize=64, typed=True)
def _risk(level: int, _language: str | None) -> SafeString:
    bars = "".join(
        f'<rect class="{"on" if step < level else "off"}" x="{4 * step}" y="{9 - 3 * step}"'
        f' width="3" height="{3 + 3 * step}" rx="1"/>'
        for step in range(len(Risk))
    )
    drawing = mark_safe(f'<svg viewBox="0 0 15 12" aria-hidden="true">{bars}</svg>')  # noqa: S308 - numbers only
    return format_html('<span class="risk risk-{}">{}{}</span>', RISKS[Risk(level)], drawing, Risk(level).label)


@register.simple_tag
def state(label: str, tone: str = "") -> SafeString:
    """Draw a state: a dot of `tone` (ok, warn, bad, accent, off or none) and a word."""
    return _state(str(label), tone)


@lru_cache(maxsize=512, typed=True)
def _state(label: str, tone: str) -> SafeString:
    return format_html('<span class="state{}">{}</span>', f" state-{tone}" if tone else "", label)


@register.simple_tag
def badge(label: str, tone: str = "", icon_name: str = "") -> SafeString:
    """Draw a word in a pill of `tone` (ok, warn, bad, accent or none), with an icon if `icon_name`."""
    return _badge(str(label), tone, icon_name)


@lru_cache(maxsize=512, typed=True)
def _badge(label: str, tone: str, icon_name: str) -> SafeString:
    drawn = _icon(icon_name, "icon") if icon_name else ""
    return format_html('<span class="badge{}">{}{}</span>', f" badge-{tone}" if tone else "", drawn, label)


@register.simple_tag
def codes(keys: Iterable[str]) -> SafeString:
    """Draw keys that machines use, one after the other."""
    return format_html_join(", ", "<code>{}</code>", ((key,) for key in keys))


PERMISSION_STATES = {"granted": "g", "inherited": "i", "implied": "m", "none": "n"}
_BOX = '<rect class="pi-box" x="1" y="1" width="14" height="14" rx="3.5"/>'
_TICK = '<path class="pi-mk" d="m4.5 8.3 2.4 2.4 4.6-5.2"/>'
_MARKS = {
    "granted": _BOX + _TICK,
    "implied": _BOX + _TICK,
    "inherited": _BOX + '<path class="pi-mk" d="M5 4.5V8a2 2 0 0 0 2 2h4M9 7.5l2.5 2.5L9 12.5"/>',
    "none": '<path class="pi-mk" d="M5.5 8h5"/>',
}


@register.simple_tag
def permission_mark(name: str) -> SafeString:
    """Draw the mark of the permission state `name`: granted, inherited, implied or none."""
    kind = PERMISSION_STATES[name]
    return mark_safe(f'<svg class="pi {kind}" viewBox="0 0 16 16" aria-hidden="true">{_MARKS[name]}</svg>')  # noqa: S308 - constants


@register.simple_tag
def permission(name: str, label: str = "", change: str = "") -> SafeString:
    """Draw a permission state to read: its mark and its word. `change` is `add`, `del` or nothing."""
    words = {"granted": _("Granted"), "inherited": _("Inherited"), "implied": _("Implied"), "none": _("None")}
    css = f"perm {name} {change}".strip()
    return format_html('<span class="{}">{}<span>{}</span></span>', css, permission_mark(name), label or words[name])


@register.simple_tag(takes_context=True)
def when(context: dict[str, Any], at: datetime | date | None, form: str = "full", empty: str = "") -> SafeString:
    """Draw a moment in the reader's zone.

    `form`: `full` (Mon 30 Nov 2026, 18:00 CET), `day` (30 Nov 2026), `last` (the last day
    of what ends then: 29 Nov 2026 for midnight), `second` (30 Nov, 18:00:07; lists only), `ago`
    (2 h ago; lists only). The full text is always there, in the title. `empty` is what stands for no moment at all
    ("No end", "Never").
    """
    if at is None:
        return _no_moment(empty or _("None"))
    if not isinstance(at, datetime):
        return format_html('<time datetime="{}">{}</time>', at.isoformat(), _written(at, "j M Y", get_language()))
    if form != "ago":
        return _moment(at, form, timezone.get_current_timezone(), get_language())
    said = relative(at, getattr(context.get("request"), "at", None) or timezone.now())
    return _ago(at, said, timezone.get_current_timezone(), get_language())


@lru_cache(maxsize=64, typed=True)
def _no_moment(said: str) -> SafeString:
    return format_html('<span class="muted">{}</span>', said)


@lru_cache(maxsize=8192)  # a page tells of the same moments again and again
def _moment(at: datetime, form: str, zone: tzinfo, language: str) -> SafeString:
    local = at.astimezone(zone)
    if form == "day":
        return _time(local, _written(local.date(), "j M Y", language), language)
    if form == "last":
        return _time(local, _written(last_day(at, zone), "j M Y", language), language)
    if form == "second":
        return _time(local, f"{_written(local.date(), 'j M', language)}, {local:%H:%M:%S}", language)
    return _time(local, "", language)


@lru_cache(maxsize=8192)  # days ago are the same for a day
def _ago(at: datetime, said: str, zone: tzinfo, language: str) -> SafeString:
    return _time(at.astimezone(zone), said, language)


def _time(local: datetime, text: str, language: str) -> SafeString:
    """Draw a local moment as `text`, or in full; the full text is always in the title."""
    full = f"{_written(local.date(), 'D j M Y', language)}, {local:%H:%M} {local.tzname()}"
    moment = local.isoformat(timespec="seconds")
    return mark_safe(  # noqa: S308 - escaped
        f'<time datetime="{moment}" title="{escape(full)}">{escape(text or full)}</time>'
    )


@lru_cache(maxsize=4096)
def _written(day: date, form: str, language: str) -> str:
    """Return a day in words. A page tells of few days, each many times."""
    return date_format(day, form)


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: Any) -> str:
    """Return this page's query string with `changes`; None takes one away. Any change goes to the first page."""
    request = context["request"]
    values = request.GET.copy()
    for paging in PAGING:
        values.pop(paging, None)
    for name, value in changes.items():
        if value is None or value == "":
            values.pop(name, None)
        else:
            values[name] = str(value)
    text = values.urlencode()
    return f"?{text}" if text else request.path


@register.simple_tag(takes_context=True)
def query_for(context: RequestContext, name: str) -> str:
    """Return this page's query string up to where the value of `name` goes: for many links that differ in it."""
    rest = query(context, **{name: None})
    return f"{rest}&{name}=" if rest.startswith("?") else f"?{name}="


@register.simple_tag(takes_context=True)
def same_filters(context: RequestContext) -> str:
    """Return this page's query string for another address that reads the same filters; nothing where there is none."""
    text = context["request"].GET.urlencode()
    return f"?{text}" if text else ""


class AddressNode(URLNode):
    """Django's own, but for pages whose address takes only ids: how that looks is worked out once."""

    def render(self, context: RequestContext) -> str:
        """Return the address, or keep it under the name after `as`."""
        ids = [arg.resolve(context) for arg in self.args]
        if self.kwargs or not all(type(found) is int for found in ids):
            return str(super().render(context))
        try:
            found = address(self.view_name.resolve(context), *ids)
        except NoReverseMatch:
            if not self.asvar:
                raise
            found = SafeString("")
        if self.asvar:
            context[self.asvar] = found
        return "" if self.asvar else found


@register.tag
def url(parser: Parser, token: Token) -> AddressNode:
    """Return the address of a page, as Django's tag of the same name does."""
    node = defaulttags.url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)


@register.filter
def among(key: Any, found: Collection[Any] | None) -> bool:
    """Return whether `found` has `key`: for what a row's stencil depends on."""
    return key in (found or ())


@register.filter
def there(value: Any) -> bool:
    """Return whether `value` is anything: for what a row's stencil depends on."""
    return bool(value)


@register.filter
def figure(number: int | None) -> str:
    """Return `number` as people read it: "2,431"; a dash for none."""
    return "-" if number is None else f"{number:,}"


@register.filter
def undo_url(message: Message) -> str:
    """Return where the change that `message` tells of is undone, or nothing (see `cxaccess.toasts`)."""
    return next((tag[5:] for tag in (message.extra_tags or "").split() if tag.startswith("undo:")), "")


@register.simple_tag(takes_context=True)
def live(context: RequestContext, target: str, path: str = "") -> SafeString:
    """Return the attributes that let a filter form refresh the element `target` while people type.

    `path`: the page that the form asks, where that is not the page it stands on.
    """
    return format_html(
        'hx-get="{}" hx-target="#{}" hx-select="#{}" hx-swap="outerHTML" hx-push-url="true"'
        ' hx-trigger="input delay:250ms, submit"',
        path or context["request"].path,
        target,
        target,
    )


@register.simple_tag
def live_links(target: str) -> SafeString:
    """Return the attributes that let the links within the element `target` (sorting, pages) refresh just it."""
    return format_html(
        'id="{}" hx-boost="true" hx-target="#{}" hx-select="#{}" hx-swap="outerHTML show:none" hx-push-url="true"',
        target,
        target,
        target,
    )


@register.simple_tag
def crumb(label: str, url: str = "") -> SafeString:
    """Draw one breadcrumb; without `url` it is this page."""
    if url:
        return format_html('<li><a href="{}">{}</a></li>', url, label)
    return format_html('<li><span aria-current="page">{}</span></li>', label)


@register.inclusion_tag("components/sort.html", takes_context=True)
def sort_head(context: RequestContext, page: Any, name: str, label: str, css: str = "") -> dict[str, Any]:
    """Draw a table head that sorts `page` by `name`; the second click turns it round."""
    direction = {name: "ascending", f"-{name}": "descending"}.get(page.sort, "none")
    target = f"-{name}" if direction == "ascending" else name
    return {"direction": direction, "label": label, "css": css, "href": query(context, sort=target)}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: RequestContext, page: Any, label: str = "") -> dict[str, Any]:
    """Draw the foot of a list: "1-50 of 412" and the pages around this one. `label` names what is listed."""
    if page.keyed:
        onward = query(context, **{ONWARD: page.onward}) if page.onward else ""
        back = query(context, **{BACK: page.back}) if page.back else ""
        first = query(context) if page.back else ""
        return {"page": page, "label": label, "previous": back, "next": onward, "first": first}
    return {
        "page": page,
        "label": label,
        "links": [{"number": number, "href": query(context, page=number)} for number in page.near],
        "previous": query(context, page=page.number - 1) if page.number > 1 else "",
        "next": query(context, page=page.number + 1) if page.has_next else "",
    }


@register.inclusion_tag("components/chip.html", takes_context=True)
def chip(context: RequestContext, name: str, value: str, parameter: str) -> dict[str, Any]:
    """Draw the filter `parameter` of this page's address, in force as "`name` `value`"."""
    return {"name": name, "value": value, "href": query(context, **{parameter: None})}


@register.simple_block_tag
def dialog(content: str, id: str, title: str, lead: str = "") -> SafeString:  # noqa: A002 - it is the element's id
    """Draw a dialog around what stands between the tags; a button with `data-dialog="id"` opens it."""
    return render_to_string("components/dialog.html", {"content": content, "id": id, "title": title, "lead": lead})


@register.simple_block_tag
def drawer(content: str, id: str, title: str, close: str, lead: str = "") -> SafeString:  # noqa: A002 - an HTML id
    """Draw a drawer around what stands between the tags; `close` is the page without it."""
    parts = {"content": content, "id": id, "title": title, "close": close, "lead": lead}
    return render_to_string("components/drawer.html", parts)
