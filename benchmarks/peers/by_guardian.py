"""django-guardian on the grants, laid out the way it wants them: a row for each holder, permission and thing.

It knows no policies, scopes, windows or trees, so what it is asked is grants only: what is in force, worked out to
rows. Those of things that nobody asks about are left out, which spares it most of its table.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(sys.argv[1]).with_suffix(".db"))}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "guardian", "benchmarks.peers"],
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    ANONYMOUS_USER_NAME=None,
)
django.setup()

from django.contrib.auth.models import Group, Permission, User  # noqa: E402 - the settings come first
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from guardian.models import GroupObjectPermission, UserObjectPermission  # noqa: E402
from guardian.shortcuts import get_objects_for_user, get_users_with_perms  # noqa: E402

from benchmarks.peers.models import Thing  # noqa: E402
from benchmarks.peers.speaking import serve  # noqa: E402

BATCH = 10_000
PAGE, CAP = 50, 1_001


def inserted(table: str, columns: str, rows: Any) -> None:
    marks = ", ".join(["%s"] * len(columns.split(",")))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


@transaction.atomic
def lay_out(known: dict[str, Any]) -> None:
    """Write users, groups, things and rights."""
    kind = ContentType.objects.get_for_model(Thing)
    columns = "id, username, password, is_superuser, first_name, last_name, email, is_staff, is_active, date_joined"
    first, last = known["people"]
    users = ((pk, str(pk), "!", False, "", "", "", False, True, "2025-01-01") for pk in range(first, last))
    inserted(User._meta.db_table, columns, users)
    User.objects.filter(pk__in=known["inactive"]).update(is_active=False)
    Group.objects.bulk_create([Group(pk=pk, name=str(pk)) for pk in known["groups"]], BATCH)
    inserted(User.groups.through._meta.db_table, "user_id, group_id", known["members"])
    Permission.objects.bulk_create(
        [Permission(codename=code, name=code, content_type=kind) for code in known["permissions"]]
    )
    ids = dict(Permission.objects.filter(content_type=kind).values_list("codename", "pk"))
    inserted(Thing._meta.db_table, "id, name", ((pk, str(pk)) for pk in range(*known["things"])))
    for model, holder, rights in (
        (UserObjectPermission, "user_id", known["rights_of_people"]),
        (GroupObjectPermission, "group_id", known["rights_of_groups"]),
    ):
        rows = ((ids[code], kind.pk, str(thing), who) for who, code, thing in rights)
        inserted(model._meta.db_table, f"permission_id, content_type_id, object_pk, {holder}", rows)


def deeds(known: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Return what can be measured."""
    things = Thing.objects.in_bulk({thing for _who, _code, thing in known["points"]})
    shown = Thing.objects.in_bulk({thing for _code, thing in known["who"]})

    def cold() -> list[bool]:
        users = User.objects.in_bulk({who for who, _code, _thing in known["points"]})
        found = []
        for who, code, thing in known["points"]:
            user = users[who]
            for name in [name for name in vars(user) if "perm_cache" in name]:
                delattr(user, name)
            found.append(user.has_perm(f"peers.{code}", things[thing]))
        return found

    def listed(who: int, code: str) -> list[Any]:
        rows = get_objects_for_user(User.objects.get(pk=who), f"peers.{code}", klass=Thing, accept_global_perms=False)
        return [[row.pk for row in rows.order_by("-pk")[:PAGE]], rows.order_by()[:CAP].count()]

    def who_can(code: str, thing: int) -> list[Any]:
        rows = get_users_with_perms(shown[thing], only_with_perms_in=[code], with_group_users=True)
        rows = rows.filter(is_active=True)
        return [[row.pk for row in rows.order_by("pk")[:PAGE]], rows.order_by()[:CAP].count()]

    return {
        "cold": cold,
        "list": lambda: [listed(who, code) for who, code in known["lists"]],
        "who": lambda: [who_can(code, thing) for code, thing in known["who"]],
    }


def main() -> None:
    known = json.loads(Path(sys.argv[1]).read_text())
    call_command("migrate", run_syncdb=True, verbosity=0)
    lay_out(known)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    serve(deeds(known))


if __name__ == "__main__":
    main()
