"""Browsers of the cast, without a browser: Django's client, already signed in."""

from datetime import timedelta

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Authenticator, Method, Person, Session
from accounts.signin.guards import FACTOR, PROVED
from accounts.signin.selectors import authenticator
from accounts.signin.sessions.selectors import key_hash
from cxaccess.lib import clock

SECRET = b"the cast's own secret"


def with_authenticator(person: Person) -> Authenticator:
    """Give somebody an authenticator with a secret that tests know."""
    found = authenticator(person)
    if found is None:
        found = Authenticator(user=person, name="authenticator", confirmed=True)
        found.keep_secret(SECRET)
        found.save()
    return found


def signed_in(person: Person, *, factor: bool = True) -> Client:
    """Return a client whose session is `person`'s, as after the last stage of signing in, with a code if `factor`."""
    client, at = Client(), clock.now()
    client.force_login(person)
    session = client.session
    session[PROVED] = at.isoformat()
    if factor:
        session[DEVICE_ID_SESSION_KEY] = with_authenticator(person).persistent_id
        session[FACTOR] = at.isoformat()
    session.save()
    Session.objects.create(
        person=person,
        key_hash=key_hash(session.session_key),
        method=Method.PASSWORD,
        factor=factor,
        browser="Firefox on Linux",
        device_hash="the cast's own browser",
        address="203.0.113.9",
        began_at=at,
        seen_at=at,
        ends_at=at + timedelta(hours=12),
    )
    return client
