"""Every kind of import, by the word that addresses and commands use for it."""

from permissions.imports.kinds.base import Kind
from permissions.imports.kinds.matrix import Matrix
from permissions.imports.kinds.people import People

KINDS: dict[str, Kind] = {kind.key: kind for kind in (People(), Matrix())}

__all__ = ["KINDS", "Kind"]
