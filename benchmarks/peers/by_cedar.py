"""cedarpy: a policy set for each person, linked and kept; all people, things and places in one kept handle.

A person's set holds one permit for each permission they hold and the policies about them. `one` is closer still: a set
for each person and permission in which the whole question is one policy. What is asked about stands in the handle of
entities already, which no instance with a million things could keep; `apart` measures the handle of the person alone,
to which each question adds its thing, as cedarpy's own documents advise.
"""

import json
import sys
from pathlib import Path
from typing import Any

import cedarpy
from speaking import serve

PATHS = {"team": "teams"}


def entity(kind: str, pk: Any, attributes: dict[str, Any], parents: list[Any] = []) -> dict[str, Any]:  # noqa: B006 - read only
    return {"uid": {"type": kind, "id": str(pk)}, "attrs": attributes, "parents": parents}


def at_places(thing: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"type": "Place", "id": f"{name.removesuffix('_path')} {ref}"}
        for name, refs in thing.items()
        if name.endswith("_path")
        for ref in refs
    ]


def opened(scopes: list[Any], things: list[int]) -> list[str]:
    found = [
        "(" + " && ".join(f'resource in Place::"{PATHS.get(kind, kind)} {ref}"' for kind, ref in scope) + ")"
        if scope
        else "true"
        for scope in scopes
    ]
    return found + ([f"{json.dumps(things)}.contains(resource.id)"] if things else [])


def one_policy(rules: dict[str, Any]) -> str:
    opens = opened(rules["scopes"], rules["things"]) + [said for effect, said in rules["cedar"] if effect == "allow"]
    limits = [said for effect, said in rules["cedar"] if effect != "allow"]
    said = " && ".join(["resource.exists", f"({' || '.join(opens)})" if opens else "false", *limits])
    return f"permit(principal == ?principal, action, resource) when {{ {said} }};"


def policies(mine: dict[str, Any], every: list[tuple[str, str, list[str]]]) -> str:
    found = []
    for action, (scopes, things) in mine["grants"].items():
        opens = " || ".join(opened(scopes, things)) or "false"
        head = f'permit(principal == ?principal, action == Action::"{action}", resource)'
        found.append(f"{head} when {{ resource.exists && ({opens}) }};")
    for number in mine["policies"]:
        effect, said, actions = every[number]
        named = ", ".join(f'Action::"{action}"' for action in actions)
        if not actions:
            continue
        if effect == "allow":
            head = f"permit(principal == ?principal, action in [{named}], resource)"
            found.append(f"{head} when {{ resource.exists && {said} }};")
        else:
            found.append(f"forbid(principal == ?principal, action in [{named}], resource) unless {{ {said} }};")
    return "\n".join(found)


def linked(person: str, text: str) -> cedarpy.PolicySet:
    templates = cedarpy.PolicySet.from_str(text)
    values = {"?principal": f'Person::"{person}"'}
    return templates.with_linked_batch(
        [{"template_id": one["id"], "new_id": f"linked {one['id']}", "values": values} for one in templates.templates()]
    )


def context(values: dict[str, Any]) -> str:
    found = dict(values)
    if "address" in found:
        found["address"] = {"__extn": {"fn": "ip", "arg": found["address"]}}
    return json.dumps(found)


def main() -> None:
    handed = json.loads(Path(sys.argv[1]).read_text())
    batch = handed["batch"]
    people = {pk: entity("Person", pk, values) for pk, values in handed["people"].items()}
    people["batch"] = entity("Person", "batch", batch["person"])
    things = {pk: entity("Thing", pk, values, at_places(values)) for pk, values in handed["things"].items()}
    of_batch = [entity("Thing", f"batch {n}", values, at_places(values)) for n, values in enumerate(batch["things"])]
    every = [*people.values(), *things.values(), *of_batch]
    places = {json.dumps(parent): parent for one in every for parent in one["parents"]}
    every += [entity(parent["type"], parent["id"], {}) for parent in places.values()]
    one_handle = cedarpy.Entities.from_json_str(json.dumps(every))
    moments = [context(values) for values in handed["contexts"]]
    sets = {pk: linked(pk, policies(mine, handed["policies"])) for pk, mine in handed["whole"].items()}
    ones = {key: linked(key.split()[0], one_policy(rules)) for key, rules in handed["rules"].items()}
    alone = {pk: cedarpy.Entities.from_json_str(json.dumps([person])) for pk, person in people.items()}
    asked = []
    for person, action, thing, moment in handed["asked"]:
        question = {
            "principal": {"type": "Person", "id": str(person)}, "action": {"type": "Action", "id": action},
            "resource": {"type": "Thing", "id": str(thing)}, "context": moments[moment],
        }  # fmt: skip
        added = json.dumps([things[str(thing)]])
        key = f"{person} {action}"
        asked.append((question, sets[str(person)], ones[key], alone[str(person)], added))
    batch_set = linked("batch", one_policy(batch["rules"]))
    batch_asked = [
        {
            "principal": {"type": "Person", "id": "batch"}, "action": {"type": "Action", "id": batch["action"]},
            "resource": one["uid"], "context": context(batch["context"]),
        }
        for one in of_batch
    ]  # fmt: skip

    def apart() -> list[bool]:
        found = []
        for question, rules, _one, person, added in asked[:300]:
            found.append(cedarpy.is_authorized(question, rules, person.with_added_json_str(added)).allowed)
        return found

    serve(
        {
            "point": lambda: [cedarpy.is_authorized(one, rules, one_handle).allowed for one, rules, *_ in asked],
            "one": lambda: [cedarpy.is_authorized(one, rules, one_handle).allowed for one, _, rules, *_ in asked],
            "apart": apart,
            "batch": lambda: [one.allowed for one in cedarpy.is_authorized_batch(batch_asked, batch_set, one_handle)],
        }
    )


if __name__ == "__main__":
    main()
