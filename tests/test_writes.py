"""Governed rows are written by use cases alone: there the authority is checked and the event recorded, in one go.

Read from the code: ``.save(``, ``.update(``, ``.delete(``, ``.create(`` and the like, anywhere else, on anything.
"""

import ast
from pathlib import Path

from tests.test_budgets import TREES, name_of

WRITES = {
    "save", "delete", "update", "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update",
    "asave", "adelete", "aupdate", "acreate", "set", "add", "remove", "clear",
}  # fmt: skip
# `add`, `set` and the like are also what sets, caches and relations do; only a relation's or a queryset's counts.
PLAIN = {"set", "add", "remove", "clear", "update", "delete", "create", "save"}

# Where else rows are written, and why that is no way around a use case.
ALLOWED: dict[str, str] = {
    "accounts/collectives.py": "what teams and groups share, for the use cases of both",
    "accounts/history.py": "what a past value was, written by the use case that changes it",
    "accounts/models/factor.py": "a factor's own memory of the codes it has seen and of wrong ones",
    "accounts/signin/factors/selectors.py": "saves a picture, not a row",
    "accounts/signin/failures.py": "counts of anonymous refusals; not governed",
    "accounts/signin/limits.py": "rate limits; not governed",
    "audits/trail/record.py": "the pen of the trail itself",
    "cxaccess/assets.py": "saves a bundle of styles, not a row",
    "cxaccess/demo/connected.py": "the demo company, into an empty instance alone",
    "cxaccess/demo/exceptions.py": "the demo company, into an empty instance alone",
    "cxaccess/demo/groups.py": "the demo company, into an empty instance alone",
    "cxaccess/demo/giving.py": "the demo company, into an empty instance alone",
    "cxaccess/demo/leaving.py": "the demo company, into an empty instance alone",
    "cxaccess/demo/policies.py": "the demo company, into an empty instance alone",
    "cxaccess/demo/resources.py": "the demo company, into an empty instance alone",
    "cxaccess/demo/rows.py": "the demo company, into an empty instance alone",
    "cxaccess/demo/tale.py": "the demo company, into an empty instance alone",
    "cxaccess/demo/use.py": "the demo company, into an empty instance alone",
    "cxaccess/jobs/imports.py": "imports' own states and staged rows; not governed",
    "cxaccess/jobs/heartbeat.py": "its own watermark; not governed",
    "cxaccess/jobs/notices.py": "notices and their marks; not governed",
    "cxaccess/jobs/runner.py": "jobs, their leases and marks; not governed",
    "cxaccess/jobs/settings.py": "the one writer of settings, called by the use case that records the change",
    "cxaccess/jobs/stamps.py": "stamps; not governed",
    "cxaccess/jobs/tidy.py": "jobs done and notices sent; not governed",
    "cxaccess/jobs/watermarks.py": "watermarks; not governed",
    "permissions/birthrights/recompute.py": "interned scopes; what rules give is written in sets",
    "permissions/grants/scopes.py": "interned scopes, which say nothing of anybody",
    "permissions/objects/brought.py": "rights that come with leading and owning, written by the use cases of those",
    "permissions/imports/kinds/grants_rows.py": "rows of an import, for the use case that applies it",
    "permissions/imports/kinds/matrix_rows.py": "rows of an import, for the use case that applies it",
    "permissions/imports/kinds/people_rows.py": "rows of an import, for the use case that applies it",
    "permissions/imports/kinds/resources_rows.py": "rows of an import, for the use case that applies it",
    "permissions/imports/kinds/teams_rows.py": "rows of an import, for the use case that applies it",
    "permissions/policies/traffic.py": "counts of what recorded policies would change; not governed",
    "permissions/roles/rows.py": "the rows of a role, for the use cases of roles, which authorise and record",
}


# Where a use case takes the gate's own answer for more than looking, and what asks for what is owed all the same.
ANSWERED: dict[str, str] = {
    "accounts/groups/listing.py": "the rows of a file, behind `require_somewhere`",
    "accounts/people/listing.py": "the rows of a file, behind `require_somewhere`",
    "audits/trail/services.py": "the rows of a file, behind `require_somewhere`",
    "permissions/giving.py": "the right to give, which no policy is about",
    "permissions/imports/kinds/base.py": "actions that no policy judges; the others ask `passes`",
    "permissions/objects/services.py": "which of two ways it is; `require` or `passes` then asks along it",
    "permissions/policies/trying.py": "what would be decided of somebody, told and not acted on",
    "permissions/resources/export.py": "content, which whatever is still owed masks",
}
RESTED_ON = ("accounts/gains.py", "accounts/reach.py", "permissions/giving.py", "permissions/resources/moving.py")
QUESTIONS = {"may", "visible", "allowed", "decide", "may_somewhere"}


def is_use_case(path: Path, tree: ast.AST) -> bool:
    """Say whether `path` is a module of services, by its name or because what it offers is marked as a use case."""
    marks = [
        mark.id
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Name)
    ]
    return path.stem == "services" or "services" in path.parts or "use_case" in marks


def receivers(node: ast.AST) -> set[str]:
    """Return every name along ``a.b(c).d``, so that `Person.objects.filter(..).update(..)` gives objects and filter."""
    found: set[str] = set()
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
            node = node.value
        else:
            return found | ({node.id} if isinstance(node, ast.Name) else set())


def writes(tree: ast.AST) -> list[int]:
    """Return the lines that write rows."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES):
            continue
        on_rows = receivers(node.func.value) & {"objects", "_default_manager", "filter", "exclude", "all"}
        if on_rows or node.func.attr not in PLAIN or node.func.attr in ("save", "delete"):
            found.append(node.lineno)
    return found


def written() -> dict[str, list[int]]:
    return {
        name_of(path): lines for path, tree in TREES.items() if not is_use_case(path, tree) and (lines := writes(tree))
    }


def test_rows_are_written_by_use_cases_alone():
    assert {name: lines for name, lines in written().items() if name not in ALLOWED} == {}


def test_every_exception_is_needed():
    assert set(ALLOWED) - set(written()) == set()


def test_a_write_is_seen_in_every_shape():
    for line in (
        "person.save()",
        "Person.objects.filter(pk=1).update(state='left')",
        "rows.filter(pk=1).delete()",
        "Role.objects.create(key='x')",
        "RoleGrant.objects.bulk_create(rows)",
        "await person.asave()",
    ):
        assert writes(ast.parse(line, mode="exec") if "await" not in line else ast.parse(f"async def f():\n {line}")), (
            line
        )


def answered() -> dict[str, list[str]]:
    """Return the questions that use cases, and what they rest on, put to the gate itself, but for mere looking."""
    found: dict[str, list[str]] = {}
    for path, tree in TREES.items():
        name = name_of(path)
        if not (is_use_case(path, tree) or name.startswith("permissions/imports/kinds/") or name in RESTED_ON):
            continue
        asked = [ast.unparse(node) for node in ast.walk(tree) if is_question(node)]
        if more := [line for line in asked if ".view'" not in line]:
            found[name] = more
    return found


def is_question(node: ast.AST) -> bool:
    call = node.func if isinstance(node, ast.Call) else None
    on = call.value if isinstance(call, ast.Attribute) else None
    return isinstance(on, ast.Name) and on.id == "gate" and call.attr in QUESTIONS  # type: ignore[union-attr]


def test_what_is_written_rests_on_guards_which_ask_for_what_is_owed():
    """The gate says yes where a second factor is still owed; `require`, `passes` and `passing` do not."""
    assert {name: lines for name, lines in answered().items() if name not in ANSWERED} == {}
    assert set(ANSWERED) - set(answered()) == set()


def test_a_set_and_a_dict_are_no_rows():
    for line in ("found.add(1)", "context.update(more)", "kept.clear()", "origin.set(here)"):
        assert not writes(ast.parse(line)), line
