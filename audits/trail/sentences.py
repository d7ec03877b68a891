"""What each kind of event says, as one sentence. In braces: what `stories` fills in, most of it with a link."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from audits.trail.tags import Tag

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SENTENCES: dict[str, "StrOrPromise"] = {
    Tag.PERSON_CREATED: _("{actor} added {about}"),
    Tag.PERSON_EDITED: _("{actor} edited {about}{fields}"),
    Tag.PERSON_SUSPENDED: _("{actor} suspended {about}"),
    Tag.PERSON_REACTIVATED: _("{actor} reactivated {about}"),
    Tag.PERSON_CLAIMED: _("{about} claimed their account"),
    Tag.NODE_CREATED: _("{actor} added the place {object}"),
    Tag.NODE_EDITED: _("{actor} edited the place {object}{fields}"),
    Tag.NODE_MOVED: _("{actor} moved the place {object}{to}"),
    Tag.NODE_ARCHIVED: _("{actor} archived the place {object}"),
    Tag.TEAM_CREATED: _("{actor} founded the team {object}"),
    Tag.TEAM_EDITED: _("{actor} edited the team {object}{fields}"),
    Tag.TEAM_MOVED: _("{actor} moved the team {object}{to}"),
    Tag.TEAM_ARCHIVED: _("{actor} archived the team {object}"),
    Tag.MEMBERSHIP_GIVEN: _("{actor} added {about} to {team}{part}{until}"),
    Tag.MEMBERSHIP_CHANGED: _("{actor} changed the place of {about} in {team}{part}{until}"),
    Tag.MEMBERSHIP_ENDED: _("{actor} took {about} out of {team}"),
    Tag.MEMBERSHIP_EXPIRED: _("The place of {about} in {team} ran out"),
    Tag.RESOURCE_CREATED: _("{actor} registered {object}"),
    Tag.ROLE_CREATED: _("{actor} made the role {role}{origin}"),
    Tag.ROLE_EDITED: _("{actor} edited the role {role}{fields}"),
    Tag.ROLE_VERSIONED: _("{actor} saved {version} of the role {role}{restored}{delta}"),
    Tag.ROLE_RETIRED: _("{actor} retired the role {role}"),
    Tag.ROLE_REOPENED: _("{actor} reopened the role {role}"),
    Tag.GRANTS_GIVEN: _("{actor} gave {people} the role {role}{where}{until}, together"),
    Tag.GRANTS_UNDONE: _("{actor} took back the role {role}{where} that {people} were given together"),
    Tag.GRANT_GIVEN: _("{actor} gave {principal} the role {role}{where}{until}"),
    Tag.GRANT_CHANGED: _("{actor} changed the end of the role {role} of {principal}{where}{until}"),
    Tag.GRANT_ENDED: _("{actor} ended the role {role} of {principal}{where}"),
    Tag.GRANT_EXPIRED: _("The role {role} of {principal}{where} ran out"),
    Tag.RESOURCE_EDITED: _("{actor} edited {object}{fields}"),
    Tag.RESOURCE_ARCHIVED: _("{actor} archived {object}"),
    Tag.RESOURCE_REOPENED: _("{actor} took {object} into use again"),
    Tag.RESOURCES_READ: _("{actor} took out what confidential resources hold"),
    Tag.RESOURCE_READ: _("{actor} opened {object}"),
    Tag.OBJECT_GRANT_GIVEN: _("{actor} gave {principal} {permission} on {object}{until}"),
    Tag.OBJECT_GRANT_CHANGED: _("{actor} changed the end of {permission} on {object} of {principal}{until}"),
    Tag.OBJECT_GRANT_ENDED: _("{actor} ended {permission} on {object} of {principal}"),
    Tag.OBJECT_GRANT_EXPIRED: _("{permission} on {object} of {principal} ran out"),
    Tag.CATALOGUE_EDITED: _("{actor} edited the why card of {object}{fields}"),
    Tag.IMPORT_RECEIVED: _("{actor} brought in a file: {object}"),
    Tag.IMPORT_APPLIED: _("{actor} applied an import: {object}"),
    Tag.IMPORT_GAVE: _("{actor} brought in rights of an older system: {about}"),
    Tag.IMPORT_CANCELLED: _("{actor} cancelled an import: {object}"),
    Tag.ACCESS_REFUSED: _("{actor} was refused {action}{target}"),
    Tag.ACCESS_CHECKED: _("{actor} checked what {about} may do"),
    Tag.ACCESS_EXPORTED: _("{actor} exported {list}"),
    Tag.SIGN_IN: _("{actor} signed in"),
    Tag.SIGN_IN_FAILED: _("Failed sign-ins as {whom}: {tries}"),
    Tag.SIGN_OUT: _("{actor} signed out"),
    Tag.IDENTITY_LINKED: _("{actor} linked an identity to {about}"),
    Tag.ADMINISTRATOR_RECOVERED: _("The operator let {about} back in"),
    Tag.PERSON_INVITED: _("{actor} invited {about}"),
    Tag.SESSION_ENDED: _("{actor} ended a session of {about}"),
    Tag.PASSWORD_CHANGED: _("{actor} changed the password of {about}"),
    Tag.FACTOR_ADDED: _("{actor} added a second factor for {about}"),
    Tag.FACTOR_REMOVED: _("{actor} removed a second factor of {about}"),
    Tag.FACTOR_CODES_MADE: _("{actor} made new recovery codes"),
    Tag.FACTOR_CODE_USED: _("{actor} used a recovery code"),
    Tag.STEP_UP: _("{actor} confirmed with the second factor"),
    Tag.USAGE_TAKEN_IN: _("{actor} took in use: {use}"),
    Tag.SETTING_CHANGED: _("{actor} changed settings{fields}"),
    Tag.INSTANCE_SET_UP: _("{actor} set up this console"),
    Tag.STARTER_PACK_INSTALLED: _("{actor} installed the starter pack"),
    Tag.INSTANCE_RESTORED: _("{actor} restored this console from a backup"),
    Tag.DEMO_LOADED: _("{actor} loaded the demo company"),
}
OTHERWISE = _("{actor}: {label}")

# Who acts where no person does, by the name that `System` carries.
SYSTEMS: dict[str, "StrOrPromise"] = {
    "setup": _("Set-up"),
    "demo": _("Demo loader"),
    "grant-end": _("The end of grants"),
    "membership-end": _("The end of memberships"),
    "staff-import": _("The staff import"),
    "sign-in": _("Sign-in"),
    "single-sign-on": _("Single sign-on"),
    "recover_admin": _("The operator"),
    "restore": _("The operator"),
    "command": _("A command"),
    "usage-import": _("The usage import"),
}

# How an event looks, by the last word of its tag, then by its area: an icon and a tone.
BY_WORD: dict[str, tuple[str, str]] = {
    "given": ("plus", "ok"),
    "created": ("plus", "ok"),
    "ended": ("x", "warn"),
    "expired": ("clock", "warn"),
    "refused": ("no", "bad"),
    "suspended": ("no", "bad"),
    "failed": ("no", "bad"),
    "removed": ("x", "warn"),
    "retired": ("x", "warn"),
    "archived": ("x", "warn"),
    "versioned": ("role", "accent"),
    "reopened": ("undo", "ok"),
    "bulk_given": ("plus", "ok"),
    "bulk_undone": ("undo", "warn"),
    "exported": ("download", "accent"),
    "read": ("eye", ""),
    "list_read": ("eye", "accent"),
}
BY_AREA: dict[str, tuple[str, str]] = {
    "person": ("person", "accent"),
    "structure": ("structure", "accent"),
    "team": ("team", "accent"),
    "membership": ("team", "accent"),
    "role": ("role", "accent"),
    "grant": ("grant", "accent"),
    "resource": ("resource", "accent"),
    "object_grant": ("grant", "accent"),
    "catalogue": ("catalogue", "accent"),
    "import": ("import", "accent"),
    "access": ("check-access", ""),
    "sign_in": ("log-in", ""),
    "session": ("log-in", ""),
    "identity": ("log-in", ""),
    "password": ("second-factor", ""),
    "factor": ("second-factor", ""),
    "usage": ("download", "accent"),
    "setting": ("settings", "accent"),
    "instance": ("settings", "accent"),
}
AREAS: dict[str, "StrOrPromise"] = {
    "person": _("People"),
    "structure": _("Structure"),
    "team": _("Teams"),
    "membership": _("Memberships"),
    "role": _("Roles"),
    "grant": _("Grants"),
    "resource": _("Resources"),
    "object_grant": _("Grants on one resource"),
    "catalogue": _("Catalogue"),
    "import": _("Imports"),
    "access": _("Access decisions"),
    "sign_in": _("Sign-in"),
    "session": _("Sessions"),
    "identity": _("Identities"),
    "password": _("Passwords"),
    "factor": _("Second factors"),
    "usage": _("Use"),
    "setting": _("Settings"),
    "instance": _("This console"),
}


def looks(tag: str) -> tuple[str, str]:
    """Return the icon and the tone of an event with `tag`."""
    area, _dot, word = tag.partition(".")
    return BY_WORD.get(word) or BY_AREA.get(area, ("trail", ""))
