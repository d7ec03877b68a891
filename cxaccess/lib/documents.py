"""Documents as text that people read: YAML, or JSON.

Of YAML is read what JSON could say, in the plain words of YAML 1.2: no aliases (a short file would grow without end),
no tags, no key twice; “no” is a word, and a day stays text.
"""

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

LARGEST = 32 * 1024 * 1024  # bytes of a file: a minute or so of reading
DEEPEST = 60
SHORT = 100  # signs of a list that stands on one line
# What a bare word may be beside text; all else is text. What is written quotes these and more.
SIMPLE = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", list("-0123456789")),
)
UNKEPT = re.compile("[\x00\ud800-\udfff]")
KNOWN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "map", "seq"))


class Unreadable(ValueError):
    """A text that is no document; the message says where."""


def dumped(value: Any) -> str:
    """Return mappings, lists, texts, numbers, yes / no and nothing as YAML.

    >>> print(dumped({"roles": [{"key": "agent", "name": "no", "may": ["ticket.reply"]}]}), end="")
    roles:
      - key: agent
        name: 'no'
        may: [ticket.reply]
    """
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def read(path: Path) -> Any:
    """Return what a file says, in UTF-8 and not too large. Raises Unreadable."""
    if not path.is_file():
        raise Unreadable(f"There is no file {path}.")
    with path.open("rb") as file:
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise Unreadable(f"{path}: A document has at most {LARGEST:,} bytes.")
    try:
        return loaded(found.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is no text in UTF-8.") from error
    except Unreadable as error:
        raise Unreadable(f"{path}: {error}") from error


def loaded(text: str) -> Any:
    """Return what a text in JSON or YAML says. Raises Unreadable."""
    try:
        found = _json(text) if text.lstrip().startswith(("{", "[")) else _yaml(text)
    except RecursionError as error:
        raise Unreadable("It is nested too deeply.") from error
    _require_keepable(found, "", 0)
    return found


class _Dumper(yaml.SafeDumper):
    """Writes short lists on one line, no anchors, and what is in a list further in."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        # Between single quotes some breaks of lines would come back as spaces.
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if data.isprintable() else '"')

    def represent_list(self, data: Iterable[Any]) -> yaml.SequenceNode:
        data = list(data)
        flat = not any(isinstance(each, dict | list) for each in data)
        short = flat and sum(len(str(each)) + 2 for each in data) <= SHORT
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=short)


_Dumper.add_representer(str, _Dumper.represent_str)
_Dumper.add_representer(list, _Dumper.represent_list)


class _Loader(yaml.SafeLoader):
    """Reads no alias, no tag, no key twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _at(self.peek_event(), "Aliases are not read.")  # type: ignore[no-untyped-call]  # its stubs lack it
        node = super().compose_node(parent, index)
        if node is not None and node.tag not in KNOWN:
            raise _at(node, "Tags are not read.")
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _at(key_node, "A key is a word.")
            if key_node.value in found:
                raise _at(key_node, f"“{key_node.value[:60]}” stands there twice.")
            found[key_node.value] = self.construct_object(value_node, deep=deep)
        return found


for name, pattern, first in SIMPLE:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(rf"^(?:{pattern})\Z"), first)


def _at(part: Any, message: str) -> Unreadable:
    return Unreadable(f"line {part.start_mark.line + 1}: {message}")


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - the loader is a narrower SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Unreadable(f"line {line}: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(str(error)) from error


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise Unreadable(f"line {error.lineno}: {error.msg}") from error
    except ValueError as error:
        raise Unreadable(str(error)) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Unreadable(f"“{name[:60]}” stands there twice.")
        found[name] = value
    return found


def _require_keepable(value: Any, place: str, depth: int) -> None:
    """Pass what a database can hold: no zero byte, no half of a surrogate pair, no endless number, no endless depth."""
    if depth > DEEPEST:
        raise Unreadable(f"{place[:60]}…: It is nested too deeply.")
    if isinstance(value, str) and UNKEPT.search(value):
        raise Unreadable(f"{place}: This text holds characters that cannot be kept.")
    if isinstance(value, float) and not math.isfinite(value):
        raise Unreadable(f"{place}: This is no number that can be kept.")
    if isinstance(value, dict):
        for key, each in value.items():
            _require_keepable(key, place, depth)
            _require_keepable(each, f"{place}.{key}" if place else key, depth + 1)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            _require_keepable(each, f"{place}[{number}]", depth + 1)
