"""What goes into a decision and what comes out. Ids are database ids; moments are aware."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cxaccess.lib.clock import Window

ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a grant reaches: all terms must hold. A term is (dimension, node or team id); none is everywhere."""

    id: int
    terms: tuple[tuple[str, int], ...] = ()

    @property
    def everywhere(self) -> bool:
        """Return whether nothing limits it."""
        return not self.terms


@dataclass(frozen=True, slots=True)
class Grant:
    """A role given to a principal within a scope, for a window."""

    id: int
    principal: int
    role: int
    scope: Scope
    window: Window

    @property
    def key(self) -> str:
        """Return what names it among all grants, such as "r7"; those on one resource have keys of their own."""
        return f"r{self.id}"


@dataclass(frozen=True, slots=True)
class ObjectGrant:
    """One permission given to a principal on one resource, for a window.

    People's and collectives' (teams, groups, integrations) stand in two tables; `key` tells their ids apart.
    """

    id: int
    principal: int
    action: str
    resource: int
    window: Window
    collective: bool = False

    @property
    def key(self) -> str:
        """Return what names it among both tables, such as "p7" or "c7"."""
        return f"{'c' if self.collective else 'p'}{self.id}"


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in a team or group, for a window. `principal` is the team's."""

    id: int
    principal: int
    window: Window


@dataclass(frozen=True, slots=True)
class Known:
    """What policies may read of a person: single values, and elements of sets, each for a window."""

    values: Mapping[str, object] = field(default_factory=dict)
    elements: tuple[tuple[str, int, Window], ...] = ()

    def at(self, at: datetime) -> dict[str, object]:
        """Return {attribute: value} as of `at`."""
        found: dict[str, object] = dict(self.values)
        sets: dict[str, set[int]] = {}
        for key, value, window in self.elements:
            if window.covers(at):
                sets.setdefault(key, set()).add(value)
        found.update({key: frozenset(values) for key, values in sets.items()})
        return found


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as decisions see them: state, memberships, and the grants of every principal they reach.

    `objects` maps a resource's id to the object grants on it. `known` is loaded where there are policies.
    """

    person: int
    principal: int
    state: str
    memberships: tuple[Membership, ...] = ()
    grants: tuple[Grant, ...] = ()
    objects: Mapping[int, tuple[ObjectGrant, ...]] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    leaves_at: datetime | None = None

    def is_active(self, at: datetime) -> bool:
        """Return whether they are active at `at`: whoever leaves is not from that moment on, whatever `state` says."""
        return self.state == ACTIVE and (self.leaves_at is None or at < self.leaves_at)

    def turns(self) -> list[datetime]:
        """Return the moments at which something of theirs begins or ends, in order."""
        windows = [membership.window for membership in self.memberships]
        windows += [grant.window for grant in self.grants]
        windows += [grant.window for grants in self.objects.values() for grant in grants]
        windows += [window for _key, _value, window in self.known.elements]
        ends = [turn for one in windows for turn in (one.starts_at, one.until)]
        return sorted({turn for turn in (*ends, self.leaves_at) if turn is not None})


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked about. `places` maps a dimension to the ids where it is; a dimension it lacks is unknown.

    `resource` is the resource that it is, or that stands for it (a team's); object grants are given on that.
    `exists` is False for something that was not there yet at the moment asked about: nobody may do anything to it.
    `facts()` gives what policies may read of it, by attribute.
    """

    type: str
    id: int | None = None
    places: Mapping[str, frozenset[int]] = field(default_factory=dict)
    exists: bool = True
    resource: int | None = None
    facts: Callable[[], Mapping[str, object]] = field(default=dict, compare=False, repr=False)


class Reason(StrEnum):
    """Why a decision came out as it did."""

    GRANTED = "granted"
    BLOCKED = "blocked"
    NO_GRANT = "no_grant"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_YET = "not_yet"
    OVER = "over"
    NOT_ACTIVE = "not_active"
    NOT_THERE = "not_there"
    UNKNOWN_ACTION = "unknown_action"
    WRONG_TYPE = "wrong_type"
    STEP_UP = "step_up"  # granted, once the second factor is confirmed anew
    NO_REASON = "no_reason"  # granted, once they say why


@dataclass(frozen=True, slots=True)
class Path:
    """One way a permission reaches a person.

    `via` are the principals from the person's own to the one holding the grant (a team, then teams above it);
    `roles` lead from the granted role to the one that holds `actions[0]`; `actions` from there to what was asked.
    An object grant has no roles: it holds `actions[0]` itself.
    """

    via: tuple[int, ...]
    membership: Membership | None
    grant: Grant | ObjectGrant
    roles: tuple[int, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A path that would allow, but for one thing: `reason` is OUT_OF_SCOPE, NOT_YET, OVER or NOT_ACTIVE."""

    path: Path
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer with its reasons. `obligations` must be met by whoever acts on a yes.

    `would` is what it would be if the policies being recorded were enforced; None: there are none about it.
    """

    allowed: bool
    reason: Reason
    action: str
    target: Target
    at: datetime
    paths: tuple[Path, ...] = ()
    near: tuple[NearMiss, ...] = ()
    verdicts: tuple[object, ...] = ()
    obligations: tuple[object, ...] = ()
    would: "Would | None" = None


@dataclass(frozen=True, slots=True)
class Trial:
    """The answer with one version that is only recorded in the place of what its policy enforces, all else as it is.

    `fault`: what kept it from being judged; then nobody knows the answer.
    """

    version: int
    allowed: bool
    obligations: tuple[object, ...] = ()
    fault: Exception | None = None


@dataclass(frozen=True, slots=True)
class Would:
    """The answer as it would be with all policies that are only recorded, what these say, and with each by itself."""

    allowed: bool
    verdicts: tuple[object, ...] = ()
    obligations: tuple[object, ...] = ()
    trials: tuple[Trial, ...] = ()
