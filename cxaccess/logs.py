"""Logs: one JSON object a line (text for a terminal), with the correlation id, without secrets."""

import logging
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.types import EventDict, Processor

from cxaccess.lib import context

SECRET_WORDS = (
    "password",
    "secret",
    "token",
    "cookie",
    "authorization",
    "key",
    "otp",
    "recovery",
    "csrf",
    "session",
)
HIDDEN = "[hidden]"


def add_origin(logger: Any, method: str, event: EventDict) -> EventDict:
    """Add where the work came from."""
    here = context.origin.get()
    if here.correlation_id:
        event.setdefault("correlation_id", here.correlation_id)
    return event


def hide_secrets(logger: Any, method: str, event: EventDict) -> EventDict:
    """Hide every value whose name says that it is a secret, however deep it lies."""
    return {key: _hidden(key, value) for key, value in event.items()}


def _hidden(key: str, value: Any) -> Any:
    if any(word in key.lower() for word in SECRET_WORDS):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(name): _hidden(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", inner) for inner in value]
    return value


class RouteInsteadOfPath(logging.Filter):
    """Puts the route in place of the path into Django's own messages about a request: some paths are secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite `record`; every one passes."""
        request = record.__dict__.pop("request", None)
        record.__dict__.pop("message", None)  # as another handler may have written it out already
        match = getattr(request, "resolver_match", None)
        if request is not None and isinstance(record.args, tuple):
            route = f"/{match.route}" if match else "(no route)"
            record.args = tuple(route if arg == request.path else arg for arg in record.args)
        return True


COMMON: list[Processor] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_origin,
]


def configure(*, as_json: bool, level: str) -> dict[str, Any]:
    """Configure structlog and return Django's LOGGING."""
    structlog.configure(
        processors=[*COMMON, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    processors: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide_secrets]
    if as_json:
        processors.append(structlog.processors.format_exc_info)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"route": {"()": RouteInsteadOfPath}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*COMMON, structlog.stdlib.ExtraAdder()],
                "processors": [*processors, renderer],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.request": {"level": "ERROR", "filters": ["route"]},
            "django.server": {"level": level, "handlers": [], "propagate": True},
        },
    }
