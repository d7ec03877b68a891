"""Browsers of the cast, without a browser: Django's client, already signed in."""

from django.test import Client

from accounts.models import Person


def signed_in(person: Person) -> Client:
    """Return a client whose session is `person`'s, as after the last stage of signing in."""
    client = Client()
    client.force_login(person)
    return client
