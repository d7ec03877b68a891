"""Tells events to people: one sentence each, with today's names, in a fixed number of queries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Group, Team
from audits.models import Event
from audits.trail import changes as differences
from audits.trail import phrases
from audits.trail.names import KINDS, Names, Ref
from audits.trail.phrases import NOTHING, Phrase
from audits.trail.sentences import OTHERWISE, SENTENCES, SYSTEMS, looks
from audits.trail.tags import Tag

STATED = ("principal", "role", "scope", "team", "group")  # what the details of an event name by id


@dataclass(frozen=True)
class Story:
    """One event, ready to read."""

    event: Event
    names: Names

    @property
    def at(self) -> datetime:
        """Return when it happened."""
        return self.event.timestamp

    @cached_property
    def model(self) -> type[models.Model] | None:
        """Return the model of its object."""
        return _model(self.event)

    @cached_property
    def details(self) -> dict[str, Any]:
        """Return what was kept beside the difference."""
        kept = self.event.additional_data
        return kept if isinstance(kept, dict) else {}

    @property
    def label(self) -> str:
        """Return the name of its kind."""
        return str(LABELS.get(self.event.tag, self.event.tag))

    @property
    def url(self) -> str:
        """Return the address of its own page."""
        return reverse("trail:detail", args=[self.event.pk])

    @property
    def icon(self) -> str:
        """Return its icon."""
        return looks(self.event.tag)[0]

    @property
    def tone(self) -> str:
        """Return its tone: ok, warn, bad, accent or nothing."""
        return looks(self.event.tag)[1]

    @property
    def refused(self) -> bool:
        """Return whether somebody was refused."""
        return self.event.tag in (Tag.ACCESS_REFUSED, Tag.API_REFUSED)

    @cached_property
    def actor(self) -> Ref:
        """Return who or what acted."""
        if self.event.actor_id is not None:
            return self.names.get("person", self.event.actor_id)
        integration = asking(self.event.system)
        if integration is not None:
            return self.names.get("integration", integration)
        return Ref(SYSTEMS.get(self.event.system, self.event.system or _("Nobody")))

    @cached_property
    def about(self) -> Ref | None:
        """Return the person it concerns."""
        pk = self.event.about_person_id
        return self.names.get("person", pk) if pk is not None else None

    @cached_property
    def object(self) -> Ref | None:
        """Return what was acted on; of a refusal, what was asked for."""
        if self.model is not None:
            return self.names.get(KINDS.get(self.model, ""), self.event.object_id)
        type_, pk = _asked(self.event)
        return self.names.get(_kind_of(type_), pk) if pk is not None else None

    @cached_property
    def changes(self) -> tuple[differences.Change, ...]:
        """Return what changed."""
        return differences.told(self.names, self.model, self.event.changes)

    @property
    def reason(self) -> str:
        """Return why, in the words of whoever did it."""
        if self.event.tag == Tag.SIGN_IN_FAILED:
            return ""
        return str(self.details.get("why") or self.details.get("reason") or self.details.get("note") or "")

    @cached_property
    def sentence(self) -> Phrase:
        """Return what happened, in one sentence."""
        template = str(SENTENCES.get(self.event.tag, OTHERWISE))
        return Phrase(template, {name: WORDS[name](self) for name in phrases.named_in(template)})

    @property
    def utc(self) -> str:
        """Return the exact moment, as evidence wants it."""
        return f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC"

    @property
    def decision(self) -> Mapping[str, Any]:
        """Return the decision it tells of, if it does."""
        return self.event.decision or {}

    @cached_property
    def grants(self) -> list[Ref]:
        """Return the grants that decided."""
        on_one = [phrases.object_grant(str(key)) for key in self.decision.get("object_grants", ())]
        return [*(self.names.get("grant", pk) for pk in self.decision.get("grants", ())), *on_one]

    @cached_property
    def resources(self) -> list[Ref]:
        """Return the resources that its details name by id, read for this one event."""
        ids = self.details.get("resources")
        named = Names()
        for pk in ids if isinstance(ids, list) else ():
            named.want("resource", pk)
        named.load()
        return [named.get("resource", pk) for pk in ids] if isinstance(ids, list) else []

    @property
    def kept(self) -> list[tuple[str, Any]]:
        """Return what stands beside the difference, name by name."""
        return sorted(self.details.items())

    @property
    def why_not(self) -> str:
        """Return why access was refused, or the sign-in."""
        if self.event.tag == Tag.SIGN_IN_FAILED:
            return phrases.why_not_in(self.details.get("cause"))
        return phrases.why_not(self.decision.get("reason"))

    @property
    def shape(self) -> tuple[bool, bool]:
        """Return what its row in the list depends on, but for the values that stand in it."""
        return bool(self.why_not), bool(self.reason)

    @property
    def there(self) -> Ref:
        """Return its object, or a name of nothing."""
        return self.object or Ref("")

    @cached_property
    def parts(self) -> dict[str, Any]:
        """Return the ids a sentence needs: as the event states them, else as its object's row has them."""
        return _parts(self.event, self.details, self.names)

    @property
    def role(self) -> Ref:
        """Return the role it is about."""
        return self.names.get("role", self.parts["role"]) if "role" in self.parts else self.there

    @property
    def principal(self) -> Ref:
        """Return who holds what it is about."""
        if self.about is not None:
            return self.about
        return self.names.get("principal", self.parts["principal"]) if "principal" in self.parts else Ref(_("somebody"))

    @property
    def team(self) -> Ref:
        """Return the team or group it is about."""
        if self.model in (Team, Group) and self.object is not None:
            return self.object
        for kind in ("team", "group"):
            if kind in self.parts:
                return self.names.get(kind, self.parts[kind])
        return self.names.get("principal", self.parts["principal"]) if "principal" in self.parts else Ref(_("a team"))

    @property
    def target(self) -> Phrase:
        """Return where somebody was refused."""
        return Phrase(str(_(" on {object}")), {"object": self.there}) if self.there.text else NOTHING


# What may stand in braces in a sentence; only what does is worked out.
WORDS: dict[str, Callable[[Story], Any]] = {
    "actor": lambda story: story.actor,
    "about": lambda story: story.about or story.there,
    "whom": lambda story: story.about or Ref(_("nobody who is known here")),
    "tries": lambda story: str(story.details.get("count", 1)),
    "object": lambda story: story.there,
    "label": lambda story: story.label,
    "role": lambda story: story.role,
    "principal": lambda story: story.principal,
    "team": lambda story: story.team,
    "where": lambda story: phrases.where(story.names, story.parts),
    "until": lambda story: phrases.until(story.details),
    "part": lambda story: phrases.part(story.details),
    "fields": lambda story: phrases.fields(story.changes),
    "to": lambda story: phrases.to(story.changes),
    "version": lambda story: _("version %(number)s") % {"number": story.details.get("version") or "?"},
    "delta": lambda story: phrases.delta(story.event.changes),
    "origin": lambda story: phrases.origin(story.names, story.details),
    "restored": lambda story: phrases.restored(story.details),
    "people": lambda story: phrases.people(story.details),
    "action": lambda story: story.decision.get("action", ""),
    "permission": lambda story: phrases.permission(story.details),
    "target": lambda story: story.target,
    "list": lambda story: phrases.listed(story.details),
    "use": lambda story: phrases.taken_in(story.details),
    "asked": lambda story: story.details.get("asked", ""),
    "token": lambda story: story.details.get("token", ""),
    "resources": lambda story: phrases.guarded(story.details),
}
LABELS = dict(Tag.choices)


def describe(events: Iterable[Event]) -> list[Story]:
    """Return the events as stories, with the names of everything they mention."""
    names = Names()
    found = list(events)
    for event in found:
        _collect(names, event)
    names.load()
    return [Story(event, names) for event in found]


def _collect(names: Names, event: Event) -> None:
    names.want("person", event.actor_id)
    names.want("integration", asking(event.system))
    names.want("person", event.about_person_id)
    model = _model(event)
    if model is not None:
        names.want(KINDS.get(model, ""), event.object_id)
    type_, pk = _asked(event)
    names.want(_kind_of(type_), pk)
    differences.collect(names, model, event.changes)
    for grant in (event.decision or {}).get("grants", ()):
        names.want("grant", grant)
    details = event.additional_data if isinstance(event.additional_data, dict) else {}
    for kind in STATED:
        names.want(kind, details.get(kind))
    names.want("role", details.get("cloned_from"))


def asking(system: str) -> int | None:
    """Return the id of the integration that `system` names, as `accounts.integrations.selectors.actor` writes it."""
    area, _colon, pk = system.partition(":")
    return int(pk) if area == "integration" and pk.isdigit() else None


def _model(event: Event) -> type[models.Model] | None:
    if event.content_type_id is None:
        return None
    return ContentType.objects.get_for_id(event.content_type_id).model_class()


def _asked(event: Event) -> tuple[str, int | None]:
    """Return the type and id of what a decision was about."""
    target = (event.decision or {}).get("target") or ["", None]
    return str(target[0]), target[1]


def _kind_of(type_: str) -> str:
    """Return the kind of thing that a type of the catalogue protects: the console's own, or a resource."""
    console = {name: name for name in ("person", "team", "group", "role", "grant")}
    return {**console, "structure": "node", "trail": "person", "catalogue": "action"}.get(type_, "resource")


def _parts(event: Event, details: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return the ids a sentence needs: as the event states them, else as its object's row has them."""
    model = _model(event)
    kind = KINDS.get(model, "") if model is not None else ""
    stated = {name: details[name] for name in STATED if details.get(name) is not None}
    return {**names.parts.get((kind, event.object_id or 0), {}), **stated}
