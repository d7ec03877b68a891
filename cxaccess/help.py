"""Help: the guide of `docs/guide`, shown in the console, with the page that belongs to where the reader is."""

from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

GUIDE = settings.BASE_DIR / "docs" / "guide"
START = "README"
# Which page of the guide explains the pages of a namespace, or of one view without a namespace.
ABOUT = {
    "api": "integrations",
    "assist": "people",
    "catalogue": "catalogue",
    "birthrights": "birthrights",
    "check": "check-access",
    "grants": "grants",
    "groups": "groups",
    "objects": "grants",
    "imports": "imports",
    "integrations": "integrations",
    "me": "signing-in",
    "my-access": "check-access",
    "overview": "overview",
    "people": "people",
    "policies": "policies",
    "resources": "resources",
    "resources:use": "use",
    "roles": "roles",
    "roles:use": "use",
    "saved": "resources",
    "settings": "settings",
    "signin": "signing-in",
    "structure": "structure",
    "teams": "teams",
    "trail": "trail",
}


@cache
def pages() -> dict[str, tuple[str, SafeString]]:
    """Return {page: (title, body as HTML)} of the whole guide, read once. The guide ships with the code."""
    return {path.stem: _rendered(path.read_text(encoding="utf-8")) for path in sorted(GUIDE.glob("*.md"))}


def _rendered(text: str) -> tuple[str, SafeString]:
    title, _, body = text.partition("\n")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(body)
    for token in tokens:
        for inner in token.children or ():
            if inner.type == "link_open":
                inner.attrSet("href", _address(str(inner.attrGet("href"))))
    html = markdown.renderer.render(tokens, markdown.options, {})
    return title.removeprefix("# ").strip(), mark_safe(html)  # noqa: S308 - our own text, with HTML in it switched off


def _address(target: str) -> str:
    """Return where a link of the guide leads in the console: ``teams.md`` to the page on teams."""
    page, mark, anchor = target.partition("#")
    return f"{reverse('help', args=[page.removesuffix('.md')])}{mark}{anchor}" if page.endswith(".md") else target


def page_about(view_name: str) -> str:
    """Return the page of the guide that explains a view; the start page where none does."""
    return ABOUT.get(view_name) or ABOUT.get(view_name.partition(":")[0]) or START


@require_safe
def help_page(request: HttpRequest, page: str = START) -> HttpResponse:
    """Show one page of the guide beside its table of contents."""
    guide = pages()
    if page not in guide:
        raise Http404
    title, body = guide[page]
    contents = [(name, heading) for name, (heading, _body) in guide.items() if name != START]
    contents.sort(key=lambda entry: entry[1].casefold())
    return render(request, "help.html", {"title": title, "guide": body, "contents": contents, "page": page})
