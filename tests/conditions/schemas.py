"""A small schema that needs no tables: everything a policy may speak of."""

from datetime import UTC, datetime

from cxaccess.lib.conditions import Attribute, Domain, Schema, Type, World

REGIONS = {1: None, 2: 1, 3: 2, 4: 1}  # World > EMEA > DACH; World > APAC
NAMES = {1: "World", 2: "EMEA", 3: "DACH", 4: "APAC"}
REGION = Domain("region", labels=lambda keys: {key: NAMES[key] for key in keys if key in NAMES}, tree=True)
CHANNEL = Domain("channel", choices=(("mail", "Mail"), ("phone", "Phone")), numbered=False)
LEVEL = Domain("level", choices=((1, "Public"), (2, "Internal"), (3, "Secret")), ordered=True)
SCHEMA = Schema(
    [
        Attribute("subject.title", "Job title", Type.TEXT),
        Attribute("subject.region", "Region", Type.NODE, REGION),
        Attribute("subject.territories", "Territories", Type.SET, REGION),
        Attribute("subject.clearance", "Clearance", Type.CHOICE, LEVEL),
        Attribute("subject.employed_from", "First day", Type.DATE),
        Attribute("subject.score", "Score", Type.NUMBER),
        Attribute("resource.region", "Resource region", Type.NODE, REGION),
        Attribute("resource.channels", "Channels", Type.SET, CHANNEL),
        Attribute("resource.level", "Sensitivity", Type.CHOICE, LEVEL),
        Attribute("context.at", "Time of asking", Type.MOMENT),
        Attribute("context.managed", "Managed device", Type.YES_NO),
        Attribute("context.address", "Address", Type.ADDRESS),
    ]
)


def above(_dimension: str, node: int) -> frozenset[int]:
    found: list[int] = []
    here: int | None = node
    while here is not None:
        found.append(here)
        here = REGIONS.get(here)
    return frozenset(found)


def below(dimension: str, node: int) -> frozenset[int]:
    return frozenset(each for each in REGIONS if node in above(dimension, each)) | {node}


WORLD = World(datetime(2026, 6, 15, 12, tzinfo=UTC), above, below, "Europe/Berlin")
