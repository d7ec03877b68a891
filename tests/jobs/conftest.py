"""Kinds that only tests know."""

import pytest

from cxaccess.jobs.kinds import KINDS
from tests.jobs import kinds


@pytest.fixture(autouse=True)
def test_kinds(monkeypatch):
    before = dict(KINDS)
    kinds.register()
    yield
    KINDS.clear()
    KINDS.update(before)
