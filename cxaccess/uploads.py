"""How much of a file a request may bring: little, unless somebody signed in brings one to be imported.

Files are read before any view is asked, even for its right to be there; so this stands in front of all of them.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from cxaccess.lib.csv_in import MEGABYTE, STANDARD

IMPORT = "imports:upload"
FORM = MEGABYTE  # what the rest of the form may take besides


class Bounded(FileUploadHandler):
    """Refuses a request as soon as it says, or shows, that it is too large."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: bytes, encoding: str | None = None  # noqa: N803 - Django names it so
    ) -> None:  # fmt: skip
        """Look at what the request says of itself. Raises RequestDataTooBig."""
        self.left = self._most()
        if content_length > self.left:
            raise RequestDataTooBig

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count what really comes and pass it on. Raises RequestDataTooBig."""
        self.left -= len(raw_data)
        if self.left < 0:
            raise RequestDataTooBig
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers after this one."""

    def _most(self) -> int:
        match = self.request.resolver_match if self.request else None
        is_import = match is not None and match.view_name == IMPORT
        if is_import and self.request is not None and self.request.user.is_authenticated:
            return STANDARD.size + FORM
        return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
