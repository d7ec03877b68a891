"""Every kind of import, by the word that addresses and commands use for it."""

from permissions.imports.kinds.base import Kind
from permissions.imports.kinds.matrix import Matrix
from permissions.imports.kinds.people import People
from permissions.imports.kinds.usage import Usage

KINDS: dict[str, Kind] = {kind.key: kind for kind in (People(), Matrix(), Usage())}

__all__ = ["KINDS", "Kind"]
