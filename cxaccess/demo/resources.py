"""Writes what is protected on Kestrel Home's platform: streams, queues, dashboards and the rest."""

from collections.abc import Iterator
from typing import NamedTuple

from cxaccess.demo.company import TEAMS
from cxaccess.demo.town import Town
from permissions.models import AttributeDefinition, AttributeType, Entity, Resource, ResourceType, Sensitivity

SYSTEM = "kestrel-cx"
MARKETS = ("dach", "iberia", "nordics", "uki", "frabene", "mena", "na", "latam", "jpkr", "anz", "sasia")
INTERNAL, CONFIDENTIAL, RESTRICTED = Sensitivity.INTERNAL, Sensitivity.CONFIDENTIAL, Sensitivity.RESTRICTED


class Thing(NamedTuple):
    """One resource: a name, where it is, whose it is."""

    type: str
    name: str
    region: str
    owner: str  # a team
    sensitivity: Sensitivity = INTERNAL
    channel: str = ""
    product_line: str = ""
    segment: str = ""


def _in_markets(town: Town) -> Iterator[Thing]:
    """Yield what every market has."""
    teams = {row.region: row.code for row in TEAMS if row.code.startswith("care-")}
    insight = {"emea": "insights-emea", "amer": "insights-amer", "apac": "insights-apac"}
    for code in MARKETS:
        market, care = town.nodes[code].name, teams[code]
        analysts = "insights-dach" if code == "dach" else insight[_continent(town, code)]
        yield Thing("feedback", f"App reviews {market}", code, analysts, channel="app")
        yield Thing("feedback", f"Store surveys {market}", code, analysts, channel="store")
        yield Thing("feedback", f"Call comments {market}", code, care, CONFIDENTIAL, channel="phone")
        yield Thing("feedback", f"Chat comments {market}", code, care, channel="chat")
        yield Thing("ticket", f"General queue {market}", code, care)
        yield Thing("ticket", f"Returns {market}", code, care)
        yield Thing("ticket", f"Warranty and repairs {market}", code, care, product_line="large")
        yield Thing("profile", f"Customers {market}", code, care, CONFIDENTIAL)
        yield Thing("dashboard", f"Morning board {market}", code, care)


def _continent(town: Town, code: str) -> str:
    node = town.nodes[code]
    while node.parent is not None and node.parent.code != "global":
        node = node.parent
    return node.code


SHARED = (
    Thing("ticket", "VIP desk", "global", "care-emea", RESTRICTED, segment="business"),
    Thing("ticket", "Press and legal", "global", "care-emea", RESTRICTED),
    Thing("ticket", "Recall: TurboDry 3000", "emea", "care-emea", CONFIDENTIAL, product_line="laundry"),
    Thing("feedback", "Social mentions worldwide", "global", "insights", channel="social"),
    Thing("feedback", "Employee ideas", "global", "insights", CONFIDENTIAL, channel="intranet"),
    Thing("survey", "After a delivery", "global", "loyalty", channel="mail"),
    Thing("survey", "After a repair", "emea", "field", channel="sms"),
    Thing("survey", "Winter survey", "emea", "loyalty", channel="mail"),
    Thing("survey", "Relationship survey", "global", "insights", channel="mail"),
    Thing("survey", "Why customers leave", "amer", "insights-amer", CONFIDENTIAL, channel="phone"),
    Thing("survey", "Store opening Lisbon", "iberia", "insights-emea", channel="store"),
    Thing("survey", "Unboxing diary", "apac", "insights-apac", channel="app"),
    Thing("survey", "Installer rating", "emea", "field", channel="sms"),
    Thing("report", "Voice of the customer, weekly", "global", "insights"),
    Thing("report", "Board pack", "global", "insights", CONFIDENTIAL),
    Thing("report", "Returns by reason", "emea", "insights-emea", product_line="large"),
    Thing("report", "First contact resolution", "global", "care-emea"),
    Thing("report", "Complaints to regulators", "global", "audit", RESTRICTED),
    Thing("report", "Churn drivers", "amer", "insights-amer"),
    Thing("report", "Repair quality", "emea", "field"),
    Thing("report", "Price of silence: unanswered cases", "apac", "insights-apac"),
    Thing("dashboard", "Satisfaction worldwide", "global", "insights"),
    Thing("dashboard", "Queues live", "global", "care-emea"),
    Thing("dashboard", "Technicians on the road", "emea", "field"),
    Thing("dashboard", "Loyalty members", "global", "loyalty", segment="households"),
    Thing("dashboard", "Insights DACH", "dach", "insights-dach"),
    Thing("dashboard", "Cooling launch", "emea", "insights-emea", product_line="cooling"),
    Thing("dashboard", "Black Friday war room", "global", "loyalty"),
    Thing("segment", "New owners, first 90 days", "global", "loyalty", segment="owners"),
    Thing("segment", "Likely to leave", "amer", "insights-amer", CONFIDENTIAL),
    Thing("segment", "Business customers", "global", "loyalty", segment="business"),
    Thing("segment", "Repaired twice", "emea", "field", product_line="large"),
    Thing("segment", "Heat pump dryers", "emea", "loyalty", product_line="laundry"),
    Thing("segment", "Robot vacuum early adopters", "apac", "insights-apac", product_line="floor"),
    Thing("article", "Returns and refunds", "global", "care-emea"),
    Thing("article", "Warranty by country", "global", "care-emea"),
    Thing("article", "Installing a built-in oven", "emea", "field", product_line="kitchen"),
    Thing("article", "Error codes, laundry", "global", "field", product_line="laundry"),
    Thing("article", "Spare parts you may fit yourself", "emea", "parts"),
    Thing("article", "How to speak of the recall", "emea", "care-emea", CONFIDENTIAL),
    Thing("article", "Loyalty points", "global", "loyalty"),
    Thing("article", "Data requests of customers", "global", "audit"),
    Thing("setting", "Opening hours", "global", "platform"),
    Thing("setting", "Routing of cases", "global", "platform", CONFIDENTIAL),
    Thing("setting", "Reply templates", "global", "care-emea"),
    Thing("setting", "Languages and translation", "global", "platform"),
    Thing("integration", "Web shop", "global", "platform", CONFIDENTIAL),
    Thing("integration", "Telephone system", "global", "platform"),
    Thing("integration", "Parcel tracking", "emea", "platform"),
    Thing("integration", "Field service planner", "emea", "field"),
    Thing("integration", "Review collector", "global", "insights"),
)


# What Kestrel wants to know of a resource besides: name, label, type, values, help, and of which types.
ATTRIBUTES = (
    ("data_steward", "Data steward", AttributeType.TEXT, (), "The desk that answers questions about the data", ()),
    ("retention", "Retention class", AttributeType.CHOICE,
     (("month", "A month"), ("year", "A year"), ("contract", "As long as the contract"), ("never", "Never deleted")),
     "How long what it holds is kept", ()),
    ("consent", "Customers agreed to surveys", AttributeType.BOOLEAN, (), "", ("survey", "segment", "profile")),
    ("reviewed", "Privacy review", AttributeType.DATE, (), "When somebody last checked it", ("profile", "ticket")),
)  # fmt: skip
DESKS = {"feedback": "Voice desk", "survey": "Voice desk", "profile": "Privacy office", "ticket": "Service quality"}
RETENTION = {"feedback": "year", "survey": "year", "ticket": "contract", "profile": "contract", "report": "never"}
# What some of them hold, by type; the names are nobody's.
CONTENT: dict[str, tuple[dict[str, str], ...]] = {
    "feedback": (
        {"comment": "The new app loses my cart when I change my address", "score": "2", "email": "c.ott@mail.example"},
        {"comment": "Delivery was on time and the two men carried it to the third floor.", "score": "5"},
        {"comment": "Waited forty minutes on the phone to hear that somebody calls back.", "score": "1",
         "email": "f.moreau@mail.example"},
        {"comment": "The filter light stays on after the change. The article in the help did not help.", "score": "3"},
    ),
    "ticket": (
        {"customer": "Carla Ott", "email": "c.ott@mail.example", "phone": "+49 30 5550117",
         "message": "The dryer stops after ten minutes with E21. I tried another socket."},
        {"customer": "Ferran Vidal", "email": "f.vidal@mail.example", "phone": "+34 93 555 0142",
         "message": "I sent the oven back on the 4th. When is the money returned?"},
    ),
    "profile": (
        {"name": "Ines Carvalho", "email": "i.carvalho@mail.example", "phone": "+351 21 555 0190",
         "notes": "Business customer since 2019. Prefers mail, not phone."},
        {"name": "Noor de Boer", "email": "n.deboer@mail.example", "phone": "+31 20 555 0163",
         "notes": "Repaired twice under warranty, third time on goodwill."},
    ),
    "survey": ({"answer": "I would recommend the dryer, not the shop.", "score": "7"},),
}  # fmt: skip
UNOWNED = ("Employee ideas", "Unboxing diary", "Likely to leave", "Reply templates", "Installer rating")


def attributes(town: Town) -> None:
    """Write the custom attributes of resources."""
    types = {type_.key: type_ for type_ in ResourceType.objects.all()}
    for position, (name, label, kind, choices, help_text, of) in enumerate(ATTRIBUTES, start=1):
        row = AttributeDefinition.objects.create(
            entity=Entity.RESOURCE, name=name, label=label, type=kind, help=help_text, position=position,
            choices=[{"value": value, "label": shown} for value, shown in choices], created_at=town.clock.ago(400),
        )  # fmt: skip
        row.types.set([types[key] for key in of])


def _custom(town: Town, thing: Thing, number: int) -> dict[str, str | bool]:
    """Return the attributes of a resource; of every fifth nobody said anything yet."""
    if number % 5 == 0:
        return {}
    found: dict[str, str | bool] = {"data_steward": DESKS.get(thing.type, "CX Platform")}
    if thing.type in RETENTION:
        found["retention"] = RETENTION[thing.type]
    if thing.type in ("survey", "segment", "profile"):
        found["consent"] = number % 3 > 0
    if thing.type in ("profile", "ticket") and number % 2:
        found["reviewed"] = f"{town.clock.ago(30 + number):%Y-%m-%d}"
    return found


def _content(thing: Thing, number: int) -> dict[str, str] | None:
    """Return what a resource holds, where anybody put something into it."""
    some = CONTENT.get(thing.type)
    return some[number % len(some)] if some and number % 3 else None


def resources(town: Town) -> None:
    """Write them all, each owned by a team and, but for a few, by whoever leads it."""
    attributes(town)
    types = {type_.key: type_ for type_ in ResourceType.objects.all()}
    departments = {row.code: row.department for row in TEAMS}
    made = []
    for number, thing in enumerate((*_in_markets(town), *SHARED), start=1):
        lead = town.lead(thing.owner)
        made.append(
            Resource(
                type=types[thing.type],
                system=SYSTEM,
                external_id=f"{thing.type}/{number:04d}",
                name=thing.name,
                region=town.nodes[thing.region],
                department=town.nodes[departments[thing.owner]],
                product_line=town.nodes.get(thing.product_line),
                segment=town.nodes.get(thing.segment),
                channel=thing.channel,
                sensitivity=thing.sensitivity,
                owner=lead.person if lead and thing.name not in UNOWNED else None,
                owner_team=town.teams[thing.owner],
                custom=_custom(town, thing, number),
                content=_content(thing, number),
                created_at=town.clock.ago(town.rng.randint(20, 418)),
            )
        )
    Resource.objects.bulk_create(made)
