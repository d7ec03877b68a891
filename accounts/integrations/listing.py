"""The list of integrations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.integrations import selectors
from accounts.models import Person
from accounts.pages import Tab
from cxaccess.lib.listing import Listing, search_text

LISTING = Listing(sorts={"name": ["principal__label"], "system": ["system", "principal__label"]}, default="name")
VIEWS = (("", _("In use")), ("no-token", _("Without an open token")), ("retired", _("Retired")))


def page_of(reader: Person, params: Mapping[str, str], *, at: datetime) -> dict[str, Any]:
    """Return the context of the list that the address asks for; the number of queries does not grow with it."""
    view = params.get("view", "") if params.get("view", "") in dict(VIEWS) else ""
    rows = selectors.narrowed(selectors.visible(reader, at=at), q=search_text(params), view=view, at=at)
    page = LISTING.page(rows, params)
    tabs = [Tab(str(label), f"?view={key}" if key else "?", key == view, key=key) for key, label in VIEWS]
    described = [(row, row.ends_soon(at)) for row in selectors.described(list(page.rows), at=at)]
    return {"page": page, "rows": described, "view": view, "tabs": tabs}
