"""What every test has at hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.integrations import callers
from permissions import facts, guards, recorded
from permissions.catalogue import shared
from tests import cast as people
from tests import flushing, kept, provider

flushing.install()


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Start with no snapshot of another test's database."""
    facts.kept.clear()
    callers.kept.clear()
    shared.kept.held = None
    yield
    facts.kept.clear()
    callers.kept.clear()
    guards.reads.take()
    recorded.counted.take()


@pytest.fixture
def cast(db: None) -> people.Cast:
    """Kestrel Home and its people."""
    return kept.cast()


@pytest.fixture
def oidc(settings: Any) -> Iterator[provider.Provider]:
    """A single sign-on provider that the console trusts."""
    with provider.running(settings) as found:
        yield found
