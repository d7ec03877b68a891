"""pycasbin: an enforcer for each person and action, kept, whose matcher is the whole question.

Policies as rows with `eval()` are parsed anew for each row of each question and cost several times as much
(`rows` measures that, with the FastEnforcer); a matcher is parsed once for each question, which nothing avoids.
"""

import json
import sys
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import casbin
from speaking import serve

MODEL = """[request_definition]
r = sub, obj, ctx
[policy_definition]
p = act, eft
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = {matcher}
"""
ROWS = """[request_definition]
r = act, of, sub, obj, ctx
[policy_definition]
p = act, of, rule, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = eval(p.rule)
"""
SETS = ("territories", "product_lines", "segments", "teams", "own_skills", "own_tags")
NAMES = (
    "id", "exists", "person", "region", "department", "title", "clearance", "employed_from", "product_line", "segment",
    "owner", "sensitivity", "channel", "system", "created_at", "own_score", "own_tier", "own_level", "at",
    "managed_device", "address", "country", "factor_minutes", "purpose",
)  # fmt: skip


class Known:
    """Attributes of somebody, something or a moment; None where one is missing."""

    def __init__(self, values: dict[str, Any]) -> None:
        for name in NAMES + SETS:
            setattr(self, name, None)
        for name, value in values.items():
            setattr(self, name, frozenset(value) if isinstance(value, list) else value)
        for name in ("region", "department", "product_line", "segment", "teams", "territories"):
            if not hasattr(self, f"{name}_path"):
                setattr(self, f"{name}_path", frozenset())


@lru_cache(4096)
def network(address: str, networks: tuple[str, ...]) -> bool:
    here = ip_address(address)
    return any(here in ip_network(one) for one in networks)


FUNCTIONS = {
    "shares": lambda one, other: not one.isdisjoint(other),
    "subset": lambda one, other: one.issubset(other),
    "starts": lambda one, other: one.startswith(other),
    "network": network,
}
PATHS = {"team": "teams"}


def covered(rules: dict[str, Any]) -> list[str]:
    """Return what opens: scopes, single things, allows."""
    found = [
        "(" + " and ".join(f"{ref} in r_obj.{PATHS.get(kind, kind)}_path" for kind, ref in scope) + ")"
        if scope
        else "True"
        for scope in rules["scopes"]
    ]
    if rules["things"]:
        found.append(f"(r_obj.id in {tuple(rules['things'])!r})")
    return found + [said for effect, said in rules["casbin"] if effect == "allow"]


def whole(rules: dict[str, Any]) -> str:
    opens = covered(rules)
    limits = [said for effect, said in rules["casbin"] if effect != "allow"]
    return " and ".join(["r_obj.exists", f"({' or '.join(opens)})" if opens else "False", *limits])


def made(text: str) -> casbin.Enforcer:
    model = casbin.Model()
    model.load_model_from_text(text)
    found = casbin.Enforcer(model)
    for name, function in FUNCTIONS.items():
        found.add_function(name, function)
    found.enable_auto_build_role_links(False)
    return found


def one_matcher(rules: dict[str, Any]) -> casbin.Enforcer:
    found = made(MODEL.format(matcher=whole(rules)))
    found.add_policy("asked", "allow")
    return found


def of_rows(every: list[tuple[str, dict[str, Any]]]) -> casbin.FastEnforcer:
    """Return one enforcer for a person, with a row for each way and each policy, found by action."""
    model = casbin.FastModel([0, 1])  # it takes two keys, no fewer
    model.load_model_from_text(ROWS)
    found = casbin.FastEnforcer(model, cache_key_order=[0, 1])
    for name, function in FUNCTIONS.items():
        found.add_function(name, function)
    for action, rules in every:
        for said in covered(rules):
            found.add_policy(action, "any", f"r_obj.exists and {said}", "allow")
        for effect, said in rules["casbin"]:
            if effect != "allow":
                found.add_policy(action, "any", f"not {said}", "deny")
        if not covered(rules):
            found.add_policy(action, "any", "False", "allow")
    return found


def main() -> None:
    handed = json.loads(Path(sys.argv[1]).read_text())
    people = {pk: Known(values) for pk, values in handed["people"].items()}
    things = {pk: Known(values) for pk, values in handed["things"].items()}
    moments = [Known(values) for values in handed["contexts"]]
    enforcers = {key: one_matcher(rules) for key, rules in handed["rules"].items()}
    of: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for key, rules in handed["rules"].items():
        person, action = key.split()
        of.setdefault(person, []).append((action, rules))
    fast = {person: of_rows(every) for person, every in of.items()}
    asked = [
        (
            enforcers[f"{person} {action}"],
            fast[str(person)],
            action,
            people[str(person)],
            things[str(thing)],
            moments[moment],
        )
        for person, action, thing, moment in handed["asked"]
    ]
    key, batch = handed["batch"]["rules"], handed["batch"]
    batch_one, batch_who = one_matcher(key), Known(batch["person"])
    batch_things, batch_moment = [Known(values) for values in batch["things"]], Known(batch["context"])
    serve(
        {
            "point": lambda: [one.enforce(sub, obj, ctx) for one, _rows, _act, sub, obj, ctx in asked],
            "rows": lambda: [rows.enforce(act, "any", sub, obj, ctx) for _one, rows, act, sub, obj, ctx in asked[:300]],
            "reasons": lambda: [one.enforce_ex(sub, obj, ctx)[0] for one, _rows, _act, sub, obj, ctx in asked[:500]],
            "batch": lambda: batch_one.batch_enforce([(batch_who, thing, batch_moment) for thing in batch_things]),
        }
    )


if __name__ == "__main__":
    main()
