"""Search by words: each word by its beginning, by an index that the database itself keeps."""

import pytest
from django.db import connection

from permissions.models import Resource
from permissions.resources.search import matching
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
TRIGGERS = {
    "permissions_resource_words_insert",
    "permissions_resource_words_delete",
    "permissions_resource_words_update",
}


def found(text: str) -> set[str]:
    return set(matching(Resource.objects.all(), text).values_list("name", flat=True))


@pytest.fixture(autouse=True)
def _things() -> None:
    for name, external in (
        ("App reviews Germany", "feedback/0001"),
        ("Zurück: Grüße", "ticket/0002"),
        ("Recall TurboDry 3000", "ticket/0003"),
        ("user@example.org", "a_b-c"),
    ):
        thing = world.resource(name)
        Resource.objects.filter(pk=thing.pk).update(external_id=external)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("germany", {"App reviews Germany"}),
        ("REV ger", {"App reviews Germany"}),
        ("eviews", set()),
        ("grüße", {"Zurück: Grüße"}),
        ("turbo 30", {"Recall TurboDry 3000"}),
        ("ticket/0002", {"Zurück: Grüße"}),
        ("0003", {"Recall TurboDry 3000"}),
        ("example.org", {"user@example.org"}),
        ("b", {"user@example.org"}),
        ("germany turbo", set()),
        ("...", set()),
        ('" OR 1', set()),
        ("a & b | !c:*", {"user@example.org"}),
    ],
)
def test_words_are_found_by_their_beginning(text: str, names: set[str]) -> None:
    assert found(text) == names


def test_the_index_follows_every_change() -> None:
    Resource.objects.filter(name="App reviews Germany").update(name="Store surveys Austria")
    assert (found("germany"), found("austria")) == (set(), {"Store surveys Austria"})
    Resource.objects.filter(name="Store surveys Austria").delete()
    assert found("austria") == set()
    Resource.objects.bulk_create(
        [Resource(type_id=world.resource("x").type_id, external_id="y", name="Bulk made", created_at=world.LONG_AGO)]
    )
    assert found("bulk") == {"Bulk made"}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="triggers keep the index on SQLite alone")
def test_a_later_migration_has_put_the_triggers_back() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'permissions_resource'")
        assert {name for (name,) in cursor.fetchall()} >= TRIGGERS


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL says which index it uses")
def test_postgresql_asks_the_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = matching(Resource.objects.all(), "germany")
        assert "permissions_resource_words" in rows.explain()
