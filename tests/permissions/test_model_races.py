"""The model as a document while somebody edits, with real connections."""

import pytest

from cxaccess.lib import clock
from cxaccess.lib.errors import Stale
from permissions.document import model_rows, services
from permissions.models import Role
from permissions.roles import services as roles
from permissions.starter import services as starter
from tests import world
from tests.furnished import export
from tests.rivals import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb]


@pytest.fixture
def ada(transactional_db):
    """The only person there is, who administers."""
    from permissions.catalogue.services import install_catalogue

    install_catalogue()  # other transactional tests may have flushed it
    someone = world.person("Ada First")
    starter.bootstrap(someone, at=clock.now())
    return someone


def test_a_document_is_of_one_moment_and_nobody_waits_for_it(ada, monkeypatch):
    """Before the roles are read, the rest has been, and a colleague installs the starter pack."""
    usual = model_rows.roles

    def meanwhile(*arguments, **options):
        monkeypatch.setattr(model_rows, "roles", usual)
        together(lambda: starter.install(ada, at=clock.now()))
        return usual(*arguments, **options)

    monkeypatch.setattr(model_rows, "roles", meanwhile)
    assert [row["key"] for row in export()["roles"]] == ["administrator"]
    assert len(export()["roles"]) == 4


def test_of_a_document_and_an_edit_at_once_neither_is_lost_half(ada):
    """Whoever comes second does so knowingly: the document wins where it is last, the form is told where it is."""
    starter.install(ada, at=clock.now())
    document = export()
    row = next(row for row in document["roles"] if row["key"] == "support-agent")
    row["permissions"] = row["permissions"][:1]
    role = Role.objects.get(key="support-agent")

    def by_document():
        return services.apply_document(ada, document=document, reason="Less", at=clock.now())

    def by_form():
        return roles.save_version(
            ada, role=role, row_version=role.row_version, actions=[*row["permissions"][:1], "person.view"], includes=[],
            note="More", at=clock.now(),
        )  # fmt: skip

    done = together(by_document, by_form)
    assert not isinstance(done[0], Exception), done[0]
    after = next(row for row in export()["roles"] if row["key"] == "support-agent")
    assert after["permissions"] == row["permissions"]
    assert isinstance(done[1], Stale) or Role.objects.get(pk=role.pk).current.number == 3
