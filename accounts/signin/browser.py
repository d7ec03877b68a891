"""Recognising a browser, so that people hear of one they did not use before. Nothing is ever allowed by it."""

import hashlib
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "browser"
AGE = 400 * 24 * 3600  # seconds; browsers keep no cookie longer

# First match wins: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
LONGEST = 80


def name_of(agent: str) -> str:
    """Return what to call the browser that says it is `agent`; empty where that says nothing.

    >>> name_of("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox on Linux'
    >>> name_of("curl/8.5.0")
    'curl'
    """
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    product = agent.partition("/")[0].partition(" ")[0]
    return (browser or system or product)[:LONGEST]


def describe(request: HttpRequest) -> str:
    """Return what to call the browser of `request`."""
    return name_of(request.headers.get("User-Agent", ""))


def device_hash(request: HttpRequest) -> str:
    """Return the digest of the browser's own token; a browser without one gets one by `remember`."""
    token = request.get_signed_cookie(COOKIE, default="", max_age=AGE) or secrets.token_urlsafe(24)
    request.browser_token = token  # type: ignore[attr-defined]
    return hashlib.sha256(token.encode()).hexdigest()


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Leave the token with the browser."""
    response.set_signed_cookie(
        COOKIE,
        request.browser_token,  # type: ignore[attr-defined]
        max_age=AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
