"""Runs the decision cases: business sentences in the YAML files beside this one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
import yaml
from django.db import transaction

from tests import cast as people
from tests.decisions.sentences import NOW, say

FILES = sorted(Path(__file__).parent.glob("*.yaml"))


def cases() -> Iterator[Any]:
    """Yield every case of every file."""
    for path in FILES:
        for case in yaml.safe_load(path.read_text()):
            yield pytest.param(case, id=f"{path.stem}: {case['rule']}")


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The cast, once for all cases; each case is undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        people.build()
        yield
        transaction.set_rollback(True)


@pytest.mark.realdb
@pytest.mark.parametrize("case", list(cases()))
def test_case(db: None, case: dict[str, Any]) -> None:
    with time_machine.travel(NOW, tick=False), transaction.atomic():
        for sentence in [*case.get("given", []), *case["then"]]:
            try:
                say(sentence)
            except AssertionError as error:
                raise AssertionError(f"{sentence}: {error}") from None
        transaction.set_rollback(True)


def test_there_are_cases_of_every_kind() -> None:
    assert len(list(cases())) >= 120
    assert sum(any(isinstance(one, dict) for one in case.values[0].get("given", [])) for case in cases()) >= 60


def test_a_sentence_in_no_form_fails() -> None:
    with pytest.raises(ValueError, match="No form for"):
        say("Chiara feels like reading")
