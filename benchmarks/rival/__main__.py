"""Run by `benchmarks.common.rival`: reads the facts, lays them out, answers the same questions, prints JSON."""

import json
import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(sys.argv[2]).with_suffix(".db"))}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "guardian", "benchmarks.rival"],
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    ANONYMOUS_USER_NAME=None,
)
django.setup()

from django.contrib.auth.models import Group, Permission, User  # noqa: E402 - the settings come first
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.core.management import call_command  # noqa: E402
from guardian.core import ObjectPermissionChecker  # noqa: E402
from guardian.models import GroupObjectPermission, UserObjectPermission  # noqa: E402
from guardian.shortcuts import get_objects_for_user  # noqa: E402

from benchmarks.common import milliseconds, per_second  # noqa: E402
from benchmarks.rival.models import Thing  # noqa: E402


def lay_out(facts: dict[str, Any]) -> None:
    """Write users, groups, things, and one row for each (holder, permission, thing)."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    kind = ContentType.objects.get_for_model(Thing)
    User.objects.bulk_create([User(pk=pk, username=str(pk)) for pk in facts["people"]])
    Group.objects.bulk_create([Group(pk=pk, name=str(pk)) for pk in facts["groups"]])
    User.groups.through.objects.bulk_create(
        [User.groups.through(user_id=user, group_id=group) for user, group in facts["members"]]
    )
    Permission.objects.bulk_create(
        [Permission(codename=action, name=action, content_type=kind) for action in facts["actions"]]
    )
    ids = dict(Permission.objects.filter(content_type=kind).values_list("codename", "pk"))
    Thing.objects.bulk_create([Thing(pk=pk, name=str(pk)) for pk in facts["things"]], batch_size=5000)
    people = set(facts["people"])
    rows: dict[bool, list[Any]] = {True: [], False: []}
    for holder, is_person, action, thing in facts["rights"]:
        common = {"permission_id": ids[action], "content_type": kind, "object_pk": str(thing)}
        if is_person and holder in people:
            rows[True].append(UserObjectPermission(user_id=holder, **common))
        else:
            rows[False].append(GroupObjectPermission(group_id=holder, **common))
    UserObjectPermission.objects.bulk_create(rows[True], batch_size=5000)
    GroupObjectPermission.objects.bulk_create(rows[False], batch_size=5000)
    for group, action in facts.get("model_rights", ()):
        Group.objects.get(pk=group).permissions.add(ids[action])


def decisions(facts: dict[str, Any]) -> dict[str, float]:
    """Return decisions a second."""
    users, things = User.objects.in_bulk(), Thing.objects.in_bulk()
    asked = [(person, action, things[thing]) for person, action, thing in facts["asked"]]
    checkers = {pk: ObjectPermissionChecker(user) for pk, user in users.items()}

    def kept() -> list[bool]:
        return [checkers[person].has_perm(action, thing) for person, action, thing in asked]

    def fresh() -> list[bool]:
        return [ObjectPermissionChecker(users[p]).has_perm(action, thing) for p, action, thing in asked[:500]]

    def model_kept() -> list[bool]:
        return [users[person].has_perm(f"rival.{action}") for person, action, _thing in asked]

    def model_fresh() -> list[bool]:
        return [User.objects.get(pk=p).has_perm(f"rival.{action}") for p, action, _thing in asked[:500]]

    answers = kept()
    if answers != facts["expected"]:
        raise SystemExit(f"guardian answers {sum(answers)} yes, the gate {sum(facts['expected'])}")
    model_kept()
    return {
        "guardian kept": per_second(kept, len(asked)),
        "guardian fresh": per_second(fresh, 500, rounds=3),
        "model kept": per_second(model_kept, len(asked)),
        "model fresh": per_second(model_fresh, 500, rounds=3),
    }


def lists(facts: dict[str, Any]) -> dict[str, float]:
    """Return milliseconds for a page and a count, by person."""
    found = {}
    for name, person, action, expected in facts["asked"]:
        user = User.objects.get(pk=person)
        rows = get_objects_for_user(user, f"rival.{action}", klass=Thing, accept_global_perms=False)
        if rows.count() != expected:
            raise SystemExit(f"guardian lists {rows.count()}, the gate {expected}")
        found[f"{name} page"] = milliseconds(
            lambda rows=rows: list(rows.order_by("-pk")[:50]), rounds=7, warm=1
        )  # fmt: skip
        found[f"{name} count"] = milliseconds(lambda rows=rows: rows.count(), rounds=7, warm=1)
    return found


if __name__ == "__main__":
    known = json.loads(Path(sys.argv[2]).read_text())
    lay_out(known)
    print(json.dumps({"decisions": decisions, "lists": lists}[sys.argv[1]](known)))
