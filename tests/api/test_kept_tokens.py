"""A process keeps the tokens that it looked up, and believes them only while nothing about the integration changed."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.integrations import callers, services
from accounts.models import Integration, IntegrationGrant
from accounts.signin.operator import after_restore
from cxaccess.lib import clock
from permissions.catalogue import types as catalogue
from permissions.models import ResourceType
from tests.api.test_evaluation import of
from tests.cast import Cast
from tests.integrations import Caller, question

pytestmark = [pytest.mark.slow, pytest.mark.realdb, pytest.mark.django_db(transaction=True)]


def entered(cast: Cast) -> tuple[Integration, IntegrationGrant, services.Issued]:
    row = services.create_integration(
        cast.priya, name="Gateway", purpose="Asks", owner=cast.jonas, system="voice", at=clock.now()
    )
    type_ = ResourceType.objects.get(key="feedback")
    grant = services.allow_asking(cast.priya, integration=row, type_=type_, at=clock.now())
    return row, grant, services.issue_token(cast.priya, integration=row, days=90, at=clock.now())


def test_a_token_that_was_seen_costs_one_query(cast: Cast) -> None:
    _row, _grant, issued = entered(cast)
    assert callers.caller(issued.text, at=clock.now()) is not None
    with CaptureQueriesContext(connection) as queries:
        found = callers.caller(issued.text, at=clock.now())
    assert found is not None
    assert (len(queries), found.types) == (1, {"feedback"})


def test_every_change_is_honoured_by_the_next_request(cast: Cast) -> None:
    row, grant, issued = entered(cast)
    caller, body = Caller(text=issued.text), question(cast.maya.email, "view", of(cast.german_reviews))

    def status() -> int:
        return caller.ask("evaluation", body)[0]

    assert status() == 200
    services.end_asking(cast.priya, grant=grant, reason="Not any more", at=clock.now())
    assert status() == 403
    type_ = ResourceType.objects.get(key="feedback")
    services.allow_asking(cast.priya, integration=row, type_=type_, at=clock.now())
    assert status() == 200
    services.edit_integration(cast.priya, integration=row, row_version=1, changes={"system": "crm"}, at=clock.now())
    assert caller.ask("evaluation", body)[1]["context"]["reason"] == "unknown_resource"
    second = services.rotate_token(cast.priya, token=issued.row, days=90, hours=0, at=clock.now())
    assert status() == 401
    caller.text = second.text
    assert status() == 200
    services.revoke_token(cast.priya, token=second.row, reason="It leaked", at=clock.now())
    assert status() == 401


def test_retiring_closes_what_is_kept(cast: Cast) -> None:
    row, _grant, issued = entered(cast)
    caller, body = Caller(text=issued.text), question(cast.maya.email, "view", of(cast.german_reviews))
    assert caller.ask("evaluation", body)[0] == 200
    services.retire_integration(cast.priya, integration=row, reason="Replaced", at=clock.now())
    assert caller.ask("evaluation", body)[0] == 401


def test_a_restored_database_opens_to_no_token_of_before(cast: Cast) -> None:
    _row, _grant, issued = entered(cast)
    assert callers.caller(issued.text, at=clock.now()) is not None
    after_restore(of="2026-03-03", at=clock.now())
    assert callers.caller(issued.text, at=clock.now()) is None


def test_what_is_kept_begins_and_ends_at_its_instant(cast: Cast) -> None:
    row, _grant, issued = entered(cast)
    at = clock.now()
    later = IntegrationGrant.objects.create(
        integration=row, type=ResourceType.objects.get(key="ticket"), starts_at=at + timedelta(days=1), given_at=at
    )
    ends = issued.row.expires_at
    for moment, types in (
        (at, {"feedback"}),
        (later.starts_at, {"feedback", "ticket"}),
        (ends - timedelta(seconds=1), {"feedback", "ticket"}),
    ):
        found = callers.caller(issued.text, at=moment)
        assert found is not None
        assert found.types == types
    assert callers.caller(issued.text, at=ends) is None


def test_what_is_rolled_back_is_not_kept(cast: Cast) -> None:
    _row, grant, issued = entered(cast)
    with transaction.atomic():
        services.end_asking(cast.priya, grant=grant, reason="A try", at=clock.now())
        found = callers.caller(issued.text, at=clock.now())
        assert found is not None
        assert not found.may_ask
        transaction.set_rollback(True)
    found = callers.caller(issued.text, at=clock.now())
    assert found is not None
    assert found.types == {"feedback"}


def test_a_type_that_changes_changes_the_next_answer(cast: Cast) -> None:
    _row, _grant, issued = entered(cast)
    caller = Caller(text=issued.text)
    said = {"type": "feedback", "id": "new", "properties": {"region": cast.germany.code}}
    body = question(cast.maya.email, "view", ("feedback", "new")) | {"resource": said}
    assert caller.ask("evaluation", body)[1]["context"]["reason"] == "unknown_resource"
    type_ = ResourceType.objects.get(key="feedback")
    catalogue.edit_type(
        cast.priya, type_=type_, row_version=type_.row_version, changes={"unregistered": True}, at=clock.now()
    )
    assert caller.ask("evaluation", body)[1]["decision"] is True


def test_a_wrong_token_with_a_known_prefix_opens_nothing(cast: Cast) -> None:
    _row, _grant, issued = entered(cast)
    assert callers.caller(issued.text, at=clock.now()) is not None
    wrong = issued.text[:-1] + ("A" if issued.text[-1] != "A" else "B")
    assert callers.caller(wrong, at=clock.now()) is None
