"""Documents against the schema: what does not fit, each with its place, in words."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from jsonschema import Draft202012Validator, ValidationError

from permissions.document.desk import Misfit
from permissions.document.shape import SCHEMA

SHOWN = 20  # problems that are told
IDENTITY: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("types", "permissions", "roles"), ("key",)),
    **dict.fromkeys(("teams", "groups", "birthrights", "policies"), ("name",)),
    "places": ("kind", "code"), "attributes": ("entity", "name"), "people": ("mail",), "resources": ("system", "id"),
}  # fmt: skip
VALIDATOR = Draft202012Validator(SCHEMA)
SAYS = {
    "type": gettext_lazy("This must be of type %(wanted)s."),
    "const": gettext_lazy("This must be “%(wanted)s”."),
    "enum": gettext_lazy("“%(value)s” is not one of: %(wanted)s."),
    "pattern": gettext_lazy("“%(value)s” is not written as it must be: %(wanted)s"),
    "required": gettext_lazy("This is missing: %(missing)s."),
    "additionalProperties": gettext_lazy("Nobody knows “%(unknown)s” here."),
    "minLength": gettext_lazy("This must not be empty."),
    "maxLength": gettext_lazy("Keep it under %(wanted)s characters."),
    "maxItems": gettext_lazy("Name at most %(wanted)s."),
    "uniqueItems": gettext_lazy("Something stands there twice."),
    "minimum": gettext_lazy("This must be at least %(wanted)s."),
    "maximum": gettext_lazy("This must be at most %(wanted)s."),
}


def problems(document: Any) -> Iterator[str]:
    """Yield what does not fit the schema: “roles[3].risk: “big” is not one of: low, …”."""
    for error in VALIDATOR.iter_errors(document):
        place = place_of(error.absolute_path)
        yield f"{place}: {_sentence(error)}" if place else _sentence(error)


def require_shape(document: Any) -> None:
    """Pass a document that is written as the schema says. Raises Misfit with its problems."""
    try:
        found = list(dict.fromkeys(islice(problems(document), SHOWN)))
    except RecursionError as error:
        raise Misfit("", _("It is nested too deeply.")) from error
    found = found or list(islice(_twice(document), SHOWN))
    if found:
        raise Misfit("", "\n".join(found))


def _twice(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what stands in its section a second time; nobody could say which of both counts."""
    for section, members in IDENTITY.items():
        seen = set()
        for number, row in enumerate(document.get(section, ())):
            one = tuple(str(row[member]).casefold() for member in members)
            if one in seen:
                yield f"{section}[{number}]: " + _("“%(name)s” stands there twice.") % {"name": " ".join(one)}
            seen.add(one)


def place_of(path: Iterable[str | int]) -> str:
    """Return a path as a place.

    >>> place_of(["roles", 3, "name"])
    'roles[3].name'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _sentence(error: ValidationError) -> str:
    here, wanted = error.instance, error.validator_value
    told: dict[str, Any] = {"value": _short(here), "wanted": wanted}
    if isinstance(wanted, list):
        told["wanted"] = ", ".join(map(str, wanted))
        told["missing"] = ", ".join(str(each) for each in wanted if isinstance(here, dict) and each not in here)
    if isinstance(here, dict):
        told["unknown"] = _short(", ".join(map(str, here.keys() - error.schema.get("properties", {}).keys())))
    says = SAYS.get(str(error.validator))
    return str(says) % told if says is not None else _short(error.message)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
