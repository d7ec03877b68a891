"""How style sheets and scripts reach the browser: written as many files, delivered as few.

`static/css/main.css` names every part in order; browsers can read it as it is, so nothing is built
while developing. `collectstatic` puts the parts into that one file before it is hashed and compressed.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

ENTRY = "css/main.css"
UNUSED = "django_htmx/ext/"  # imports names that only a bundler resolves
IMPORT = re.compile(r'@import "(?P<path>[\w/.-]+)" layer\((?P<layer>\w+)\);')


def bundled(entry: str, paths: dict[str, tuple[Storage, str]]) -> str:
    """Return the style sheet `entry` with each import replaced by the imported text, inside its layer."""

    def inline(found: re.Match[str]) -> str:
        return f"@layer {found['layer']} {{\n{read('css/' + found['path'], paths)}}}"

    return IMPORT.sub(inline, read(entry, paths))


def read(name: str, paths: dict[str, tuple[Storage, str]]) -> str:
    """Return the text of the collected file `name`. Raises KeyError where main.css names one that is not there."""
    storage, path = paths[name]
    with storage.open(path) as file:
        return file.read().decode()


class ConsoleStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed and cached for ever; one style sheet; modules import each other by hashed names."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Bundle the style sheet, then hash and compress everything."""
        paths = {name: path for name, path in paths.items() if not name.startswith(UNUSED)}
        if not dry_run and ENTRY in paths:
            memory = InMemoryStorage()
            memory.save(ENTRY, ContentFile(bundled(ENTRY, paths).encode()))
            paths = {**paths, ENTRY: (memory, ENTRY)}
        yield from super().post_process(paths, dry_run, **options)
