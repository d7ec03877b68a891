"""What is answered instead of a decision (section 10.1.2): a status and a message, as a JSON string.

None of these is a decision: a no is 200 with ``{"decision": false}``.
"""

from collections.abc import Mapping

from django.conf import settings


class ApiError(Exception):
    """An error of the whole request. `headers` go with it."""

    status = 500

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = dict(headers or {})


class BadRequest(ApiError):
    """400: it does not say what it must, or says it wrongly; the message names the place."""

    status = 400


class Unauthorized(ApiError):
    """401 with the challenge of RFC 6750, section 3: no token, or one that opens nothing."""

    status = 401

    def __init__(self, message: str, *, given: bool) -> None:
        error = ', error="invalid_token"' if given else ""
        super().__init__(message, {"WWW-Authenticate": f'Bearer realm="{settings.PUBLIC_URL}"{error}'})


class Forbidden(ApiError):
    """403: the token is good, but this system may not ask that."""

    status = 403


class WrongMethod(ApiError):
    """405: the API is asked by POST."""

    status = 405

    def __init__(self) -> None:
        super().__init__("Ask by POST.", {"Allow": "POST"})


class NoSuchEndpoint(ApiError):
    """404: the API has no such address. What a question names and nobody knows is never 404, but a no."""

    status = 404

    def __init__(self) -> None:
        super().__init__("There is no such endpoint. /.well-known/authzen-configuration names those that there are.")


class Conflict(ApiError):
    """409: a batch of use under a name that stands for another one."""

    status = 409


class TooLarge(ApiError):
    """413: the body is too large; split it."""

    status = 413


class TooManyRequests(ApiError):
    """429: the limit of this system or this address is reached."""

    status = 429
