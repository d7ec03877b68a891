"""Rows written without an object of each come back as they were sent, and break no rule of their table."""

import pytest
from django.db import IntegrityError, connection, transaction

from audits.models import Event
from audits.trail.record import System, record
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.inserts import insert_rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb]
AWKWARD = ["a\tb", "two\nlines\r\n", "\\N", "\\.", 'it\'s "so", %s', "ümläut 🙂", ""]
COLUMNS = (
    "tag", "action", "system", "timestamp", "object_pk", "object_id", "additional_data", "remote_addr", "cid", "once",
)  # fmt: skip


def rows(*systems: str, once: str | None = None) -> list[tuple[object, ...]]:
    at = clock.now()
    return [
        (
            Tag.SETTING_CHANGED.value,
            Event.Action.UPDATE,
            text,
            at,
            "",
            None,
            {"said": [text, None, 1.5]},
            "::1",
            "",
            once,
        )
        for text in systems
    ]


def test_awkward_text_comes_back_as_it_was_sent() -> None:
    sent = rows(*AWKWARD)
    with transaction.atomic():
        insert_rows(Event, COLUMNS, sent)
    assert list(Event.objects.order_by("pk").values_list(*COLUMNS)) == sent


def test_what_breaks_a_rule_takes_the_transaction_with_it() -> None:
    with transaction.atomic():
        record(Tag.SETTING_CHANGED, actor=System("test"), at=clock.now(), once="first")
    with pytest.raises(IntegrityError, match="once"), transaction.atomic():
        insert_rows(Event, COLUMNS, rows("one") + rows("two", once="first"))
    assert Event.objects.count() == 1
    assert connection.is_usable()


def test_nothing_is_sent_in_a_transaction_that_is_broken_already() -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            insert_rows(Event, COLUMNS, rows("late"))
    assert not Event.objects.exists()
