"""The people to sign in as, and what each of them is good for trying."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

PASSWORD = "kestrel-home-demo"  # noqa: S105 - of people who do not exist, printed by `demo_people`, never in production
DOMAIN = "kestrelhome.example"


class MainPerson(NamedTuple):
    """One person to sign in as."""

    name: str
    title: str
    shows: str
    factor: bool

    @property
    def email(self) -> str:
        """Return the address to sign in with."""
        return f"{self.name.lower().replace(' ', '.')}@{DOMAIN}"


MAIN = (
    MainPerson("Priya Raman", "CX administrator", _("administers everything"), True),
    MainPerson("Rosa Lind", "Head of customer care EMEA", _("administers EMEA and nothing beyond"), True),
    MainPerson("Jonas Weber", "Team lead insights DACH", _("leads a team"), True),
    MainPerson("Maya Okafor", "Senior CX analyst", _("works, with what her team gives her"), False),
    MainPerson("Otto Lang", "Internal auditor", _("reads everything, changes nothing"), True),
    MainPerson("Chiara Bellini", "CX researcher", _("started this week and holds nothing yet"), False),
)
