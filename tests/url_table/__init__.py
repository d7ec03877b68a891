"""URL x cast: who gets which answer where. A module of this package holds the ROWS of one area.

A row says who is let in; whoever it does not name is refused. So a new route starts closed, and a test that walks the
resolver fails until the route stands here. Suspended and anonymous people are sent to sign in unless it is public.

    Row("people:list", "priya rosa jonas otto")
    Row("people:detail", "priya rosa", lambda cast: {"pk": cast.maya.pk}, also={"otto": 200})
    Row("people:suspend", "priya", lambda cast: {"pk": cast.maya.pk}, method="post", data={"reason": "x"}, ok=302)
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from tests.cast import Cast

MEMBERS = ("priya", "rosa", "jonas", "maya", "chiara", "otto", "sofia", "anonymous")
OUTSIDERS = ("sofia", "anonymous")  # sofia is suspended: her session is nobody's
EVERYBODY = "priya rosa jonas maya chiara otto"
LOGIN = "login"  # a redirect to the page that signs in

Builder = Callable[[Cast], Mapping[str, Any]]


def nothing(_cast: Cast) -> Mapping[str, Any]:
    """Build no arguments."""
    return {}


@dataclass(frozen=True)
class Row:
    """One route and method. `allow` get `ok`, other people `others`, people outside `outside`; `also` overrides."""

    url: str
    allow: str
    kwargs: Builder = nothing
    method: str = "get"
    data: Mapping[str, Any] | Builder = field(default_factory=dict)
    ok: int = 200
    others: int | str = 404
    outside: int | str = LOGIN
    also: Mapping[str, int | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.url}"

    def expected(self, member: str) -> int | str:
        """Return the status that `member` gets, or LOGIN."""
        if member in self.also:
            return self.also[member]
        if member in OUTSIDERS:
            return self.outside
        return self.ok if member in self.allow.split() else self.others

    def sent(self, cast: Cast) -> dict[str, Any]:
        """Return the form or query that goes with the request."""
        return dict(self.data(cast) if callable(self.data) else self.data)


def public(url: str, kwargs: Builder = nothing, *, status: int = 200, **more: Any) -> Row:
    """Return the row of a page that asks nobody who they are."""
    return Row(url, EVERYBODY, kwargs, ok=status, outside=status, **more)


def rows() -> Iterator[Row]:
    """Yield the rows of every area."""
    for module in pkgutil.iter_modules(__path__):
        yield from import_module(f"{__name__}.{module.name}").ROWS
