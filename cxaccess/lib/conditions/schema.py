"""Which attributes there are: of whom, of which type, from where, and who may edit them. Conditions name no other."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Key = int | str
Labels = Callable[[Collection[Key]], Mapping[Key, str]]


class Entity(StrEnum):
    """Whom or what an attribute belongs to: the person who asks, the thing asked about, the moment of asking."""

    SUBJECT = "subject"
    RESOURCE = "resource"
    CONTEXT = "context"


class Type(StrEnum):
    """What the values of an attribute are, and so which operators fit it."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    MOMENT = "moment"  # an aware datetime
    DATE = "date"
    CHOICE = "choice"  # one of a domain: a code or the id of a row
    NODE = "node"  # one of a domain that is a tree
    SET = "set"  # any number of a domain, which may be a tree
    ADDRESS = "address"  # of a network, IPv4 or IPv6


@dataclass(frozen=True, slots=True)
class Domain:
    """What a choice, a node or an element of a set is one of.

    `choices` closes it: (key, label) in the order people see. Without them `labels` names those of some keys that
    exist. Only values of the same domain can be compared. `ordered`: keys are numbers, and more is more.
    """

    key: str
    choices: "tuple[tuple[Key, StrOrPromise], ...] | None" = None
    labels: Labels | None = field(default=None, compare=False)
    tree: bool = False
    ordered: bool = False
    numbered: bool = True  # keys are ids; otherwise codes

    def named(self, keys: Collection[Key]) -> dict[Key, str]:
        """Return {key: label} of those of `keys` that exist."""
        if self.choices is not None:
            return {key: str(label) for key, label in self.choices if key in keys}
        return dict(self.labels(keys)) if self.labels is not None else {}

    def fits(self, value: object) -> bool:
        """Return whether `value` is a key at all, whether or not it exists."""
        if self.numbered:
            return isinstance(value, int) and not isinstance(value, bool)
        return isinstance(value, str)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. `key` is ``entity.name``; `source` says where values come from, `editors` who may edit them.

    `as_other` is what it is called on the right side of a comparison, where "the person's ..." does not do.
    """

    key: str
    label: "StrOrPromise"
    type: Type
    domain: Domain | None = None
    source: "StrOrPromise" = ""
    editors: str = ""
    section: "StrOrPromise" = ""
    as_other: "StrOrPromise" = ""

    def __post_init__(self) -> None:
        needs = self.type in (Type.CHOICE, Type.NODE, Type.SET)
        if needs != (self.domain is not None) or (self.type is Type.NODE and not (self.domain and self.domain.tree)):
            raise ValueError(f"{self.key}: a {self.type} and its domain do not fit.")

    @property
    def entity(self) -> Entity:
        """Return whom or what it belongs to."""
        return Entity(self.key.partition(".")[0])

    @property
    def ordered(self) -> bool:
        """Return whether its values can be more or less than others."""
        return self.type is Type.NUMBER or (self.type is Type.CHOICE and bool(self.domain and self.domain.ordered))


class Schema:
    """The attributes that a condition may name, in the order people see them."""

    def __init__(self, attributes: Iterable[Attribute]) -> None:
        self._attributes = {attribute.key: attribute for attribute in attributes}

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self._attributes.values())

    def __contains__(self, key: object) -> bool:
        return key in self._attributes

    def __getitem__(self, key: str) -> Attribute:
        return self._attributes[key]

    def get(self, key: object) -> Attribute | None:
        """Return the attribute, or None for one that nobody knows."""
        return self._attributes.get(key) if isinstance(key, str) else None

    def of(self, *entities: Entity) -> "Schema":
        """Return the part that belongs to `entities`."""
        return Schema(attribute for attribute in self if attribute.entity in entities)
