"""Reads of resources."""

from collections.abc import Mapping
from typing import Any

from permissions.attributes import values as attributes
from permissions.models import Resource, ResourceType

CUSTOM, CONTENT = attributes.PREFIX, "content_"
EDITABLE = (
    "name", "sensitivity", "channel", "region", "department", "product_line", "segment", "owner_team", "owner"
)  # fmt: skip
PAGE = Resource.objects.select_related("type", "owner_team")
NAMED = (
    "region__name", "department__name", "product_line__name", "segment__name", "owner__name",
    "owner_team__principal__label",
)  # fmt: skip


def split(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return a form's values as (columns, custom attributes, content), the last two without their prefix."""
    plain, custom, content = {}, {}, {}
    for name, value in given.items():
        if name.startswith(CUSTOM):
            custom[name.removeprefix(CUSTOM)] = value
        elif name.startswith(CONTENT):
            content[name.removeprefix(CONTENT)] = value
        else:
            plain[name] = value
    return plain, custom, content


def editable(resource: Resource) -> dict[str, Any]:
    """Return the values that the edit form shows, by its field names."""
    shown = {name: getattr(resource, name) for name in EDITABLE}
    shown |= attributes.initial(resource.custom, attributes.of_type(resource.type))
    content = resource.content or {}
    return shown | {f"{CONTENT}{row['name']}": content.get(row["name"], "") for row in resource.type.fields}


def platform_types() -> list[ResourceType]:
    """Return the types of what is protected on the platform, as the catalogue orders them."""
    return list(ResourceType.objects.filter(console=False))


def custom_of(resource: Resource) -> list[tuple[str, str, str]]:
    """Return (label, value in words, help) of each custom attribute that the resource has or could have."""
    definitions = attributes.of_type(resource.type)
    return [(row.label, attributes.in_words(row, resource.custom.get(row.name)), row.help) for row in definitions]
