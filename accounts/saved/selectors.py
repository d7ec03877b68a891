"""Reads of saved views."""

from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet

from accounts.models import Person, SavedView
from cxaccess.lib.listing import PAGING

PASSING = frozenset({*PAGING, "before", "after", "event"})  # where one is in a list, not what it shows


def kept(query: str) -> str:
    """Return what of a query string a view keeps: what it shows, in one order, without where one was in it.

    >>> kept("?sort=name&q=&page=3&type=ticket")
    'sort=name&type=ticket'
    """
    pairs = parse_qsl(query.removeprefix("?").replace("\x00", ""))
    return urlencode(sorted((name, value) for name, value in pairs if name not in PASSING))


def views_of(person: Person, page: str) -> QuerySet[SavedView]:
    """Return somebody's views of the list with the route `page`, by name."""
    return SavedView.objects.filter(person=person, page=page)
