"""Where the current work came from: one request, task or command. Read by the trail, set by the edge."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Correlation id, network address and door (web, api, task, command) of the current work.

    `managed_device` and `country` are what a trusted proxy says; None: nobody knows.
    """

    correlation_id: str = ""
    address: str | None = None
    door: str = ""
    managed_device: bool | None = None
    country: str | None = None


origin: ContextVar[Origin] = ContextVar("origin", default=Origin())
