"""Use cases on saved views. They are one's own and show nothing by themselves, so they need no permission or event."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Person, SavedView
from accounts.saved.selectors import kept, views_of
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import longest
from permissions.guards import use_case

MOST = 20  # of one list; more are no help to find


@use_case
def save_view(actor: Person, *, page: str, name: str, query: str, at: datetime) -> SavedView:
    """Keep what a list shows under a name; the same name again is changed. Raises Refused."""
    name, text = _sound(name), kept(query)
    if len(text) > longest(SavedView, "query"):
        raise Refused(_("These filters are too long to keep. Take some away."), field="name")
    found = views_of(actor, page).filter(name=name).first()
    if found is None:
        if views_of(actor, page).count() >= MOST:
            raise Refused(_("You have %(n)d views of this list. Delete one first.") % {"n": MOST}, field="name")
        return SavedView.objects.create(person=actor, page=page, name=name, query=text, created_at=at)
    found.query = text
    found.save(update_fields=["query"])
    return found


@use_case
def rename_view(actor: Person, *, view: SavedView, name: str) -> SavedView:
    """Give one's view another name. Raises Refused, and SavedView.DoesNotExist for somebody else's."""
    row = SavedView.objects.select_for_update().get(pk=view.pk, person=actor)
    row.name = _sound(name)
    try:
        with transaction.atomic():
            row.save(update_fields=["name"])
    except IntegrityError as error:
        raise Refused(_("You have a view with this name already."), field="name") from error
    return row


@use_case
def delete_view(actor: Person, *, view: SavedView) -> None:
    """Forget one's view. Raises SavedView.DoesNotExist for somebody else's."""
    SavedView.objects.select_for_update().get(pk=view.pk, person=actor).delete()


def _sound(name: str) -> str:
    text = " ".join(name.replace("\x00", "").split())
    if not text:
        raise Refused(_("Give the view a name."), field="name")
    if len(text) > longest(SavedView, "name"):
        raise Refused(_("Keep the name under %(n)d characters.") % {"n": longest(SavedView, "name")}, field="name")
    return text
