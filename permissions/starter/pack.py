"""The roles every CX team begins with. Names and purposes are data that administrators edit, so they are not lazy."""

from typing import NamedTuple

from cxaccess.lib.models import Risk
from permissions.catalogue.builtin import CONSOLE_TYPES, key


class RoleRow(NamedTuple):
    """One role: what it is for, what it holds itself, what it includes, and where it is meant to be given.

    `scope` names the dimensions that a grant of it should be limited by; none: it makes sense everywhere only.
    """

    key: str
    name: str
    purpose: str
    risk: Risk
    actions: frozenset[str]
    includes: tuple[str, ...]
    scope: tuple[str, ...]
    suits: str


SUPPORT_AGENT = RoleRow(
    "support-agent",
    "Support agent",
    "Answers customers: reads and answers cases, looks up who a customer is, finds and corrects answers.",
    Risk.MEDIUM,
    frozenset({"ticket.reply", "profile.view", "article.edit", "feedback.view", "dashboard.view"}),
    (),
    ("region",),
    "Everybody who answers customers, for the region whose cases they take.",
)
ANALYST = RoleRow(
    "analyst",
    "Analyst",
    "Finds out what customers say: reads and sorts feedback, builds reports and dashboards, shares findings. "
    "Takes no customer data out.",
    Risk.MEDIUM,
    frozenset(
        {"feedback.edit", "survey.view", "report.edit", "report.export", "segment.view", "dashboard.edit",
         "dashboard.share", "article.view"}
    ),
    (),
    ("region", "department"),
    "Insights people, for the region they report on.",
)  # fmt: skip
MANAGER = RoleRow(
    "manager",
    "Manager",
    "Runs a team: everything an agent does, spreads cases, plans surveys, keeps the team's members, and sees who "
    "holds what there.",
    Risk.HIGH,
    frozenset(
        {"ticket.assign", "survey.edit", "report.edit", "dashboard.share", "setting.view", "person.view", "team.edit",
         "team.manage_members", "structure.view", "role.view", "grant.view", "resource.view", "catalogue.view",
         "trail.view", "usage.view"}
    ),
    ("support-agent",),
    ("region", "department"),
    "Whoever leads a team or a region, for exactly that team or region.",
)  # fmt: skip
ADMINISTRATOR = RoleRow(
    "administrator",
    "Administrator",
    "Runs this console: people, teams, roles, grants and settings, and says who else may. Opens nothing on the "
    "platform itself.",
    Risk.CRITICAL,
    frozenset(key(type_, action) for type_ in CONSOLE_TYPES for action in type_.actions)
    | {"integration.view", "integration.edit", "integration.issue"},
    (),
    (),
    "Two or three people, so that one can always stand in for another.",
)
PACK = (SUPPORT_AGENT, ANALYST, MANAGER, ADMINISTRATOR)
