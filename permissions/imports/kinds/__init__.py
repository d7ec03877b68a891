"""Every kind of import, by the word that addresses and commands use for it."""

from permissions.imports.kinds.base import Kind
from permissions.imports.kinds.grants import Grants
from permissions.imports.kinds.matrix import Matrix
from permissions.imports.kinds.people import People
from permissions.imports.kinds.resources import Resources
from permissions.imports.kinds.teams import Teams
from permissions.imports.kinds.usage import Usage

KINDS: dict[str, Kind] = {
    kind.key: kind for kind in (People(), Teams(), Resources(), Grants(), Matrix(), Usage())
}  # fmt: skip

__all__ = ["KINDS", "Kind"]
