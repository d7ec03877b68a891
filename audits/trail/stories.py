"""Tells events to people: one sentence each, with today's names, in a fixed number of queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Team
from audits.models import Event
from audits.trail import changes as differences
from audits.trail import phrases
from audits.trail.names import KINDS, Names, Ref
from audits.trail.phrases import NOTHING, Phrase
from audits.trail.sentences import OTHERWISE, SENTENCES, SYSTEMS, looks
from audits.trail.tags import Tag


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
        return str(Tag(self.event.tag).label) if self.event.tag in Tag.values else self.event.tag

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
        return self.event.tag == Tag.ACCESS_REFUSED

    @cached_property
    def actor(self) -> Ref:
        """Return who or what acted."""
        if self.event.actor_id is not None:
            return self.names.get("person", self.event.actor_id)
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
        return Phrase(str(SENTENCES.get(self.event.tag, OTHERWISE)), self._words())

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
        return [self.names.get("grant", pk) for pk in self.decision.get("grants", ())]

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

    def _words(self) -> dict[str, Any]:
        parts = _parts(self.event, self.details, self.names)
        there = self.object or Ref("")
        return {
            "actor": self.actor,
            "about": self.about or there,
            "whom": self.about or Ref(_("nobody who is known here")),
            "tries": str(self.details.get("count", 1)),
            "object": there,
            "label": self.label,
            "role": self.names.get("role", parts["role"]) if "role" in parts else there,
            "principal": self._principal(parts),
            "team": self._team(parts),
            "where": phrases.where(self.names, parts),
            "until": phrases.until(self.details),
            "part": phrases.part(self.details),
            "fields": phrases.fields(self.changes),
            "to": phrases.to(self.changes),
            "version": _("version %(number)s") % {"number": self.details.get("version") or "?"},
            "delta": phrases.delta(self.event.changes),
            "origin": phrases.origin(self.names, self.details),
            "restored": phrases.restored(self.details),
            "people": phrases.people(self.details),
            "action": self.decision.get("action", ""),
            "target": Phrase(str(_(" on {object}")), {"object": there}) if there.text else NOTHING,
            "list": phrases.listed(self.details),
            "use": phrases.taken_in(self.details),
        }

    def _principal(self, parts: Mapping[str, Any]) -> Ref:
        if self.about is not None:
            return self.about
        return self.names.get("principal", parts["principal"]) if "principal" in parts else Ref(_("somebody"))

    def _team(self, parts: Mapping[str, Any]) -> Ref:
        if self.model is Team and self.object is not None:
            return self.object
        if "team" in parts:
            return self.names.get("team", parts["team"])
        return self.names.get("principal", parts["principal"]) if "principal" in parts else Ref(_("a team"))


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
    for kind in ("principal", "role", "scope", "team"):
        names.want(kind, details.get(kind))
    names.want("role", details.get("cloned_from"))


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
    console = {"person": "person", "team": "team", "role": "role", "grant": "grant", "structure": "node"}
    return {**console, "trail": "person", "catalogue": "action"}.get(type_, "resource")


def _parts(event: Event, details: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return the ids a sentence needs: as the event states them, else as its object's row has them."""
    model = _model(event)
    kind = KINDS.get(model, "") if model is not None else ""
    stated = {name: details[name] for name in ("principal", "role", "scope", "team") if details.get(name) is not None}
    return {**names.parts.get((kind, event.object_id or 0), {}), **stated}
