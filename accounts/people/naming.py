"""Who is meant: people as connected systems name them, by an id of their own or by mail."""

from collections.abc import Iterable

from django.db.models.functions import Lower

from accounts.models import Identity, Person


def known_as(system: str, names: Iterable[str]) -> dict[str, int]:
    """Return {name: person id} of those known to `system` by that id, else by that mail address. Two queries."""
    wanted = set(names)
    found = dict(
        Identity.objects.filter(system=system, external_id__in=wanted).values_list("external_id", "person_id")
    )  # fmt: skip
    mails: dict[str, list[str]] = {}
    for name in wanted - found.keys():
        if "@" in name:
            mails.setdefault(name.lower(), []).append(name)
    if mails:
        by_mail = Person.objects.annotate(mail=Lower("email")).filter(mail__in=mails)
        for mail, pk in by_mail.values_list("mail", "pk"):
            found |= dict.fromkeys(mails[mail], pk)
    return found
