"""Connected systems: who enters them, what they may ask about, and tokens that are shown once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.integrations import callers, selectors, services
from accounts.models import Integration, IntegrationGrant, IntegrationToken
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Action, ResourceType
from tests import integrations, world
from tests.cast import Cast
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db


def entered(cast: Cast, name: str = "Ticket gateway") -> Integration:
    return services.create_integration(
        cast.priya, name=name, purpose="Asks before it opens a ticket", owner=cast.jonas, system="tickets",
        at=clock.now(),
    )  # fmt: skip


def type_(key: str) -> ResourceType:
    return ResourceType.objects.get(key=key)


def test_a_new_integration_is_a_principal_that_may_ask_nothing(cast: Cast) -> None:
    row = entered(cast)
    assert (row.principal.kind, row.name, row.pk) == ("integration", "Ticket gateway", row.resource.pk)
    assert not row.grants.exists()
    assert not row.tokens.exists()
    assert Event.objects.get(tag=Tag.INTEGRATION_CREATED).actor_id == cast.priya.pk


@pytest.mark.parametrize("change", [{"name": " "}, {"purpose": ""}, {"system": ""}, {"name": "TICKET gateway"}])
def test_what_says_nothing_or_is_taken_is_refused(cast: Cast, change: dict[str, str]) -> None:
    entered(cast)
    given = {"name": "Another", "purpose": "Asks", "system": "tickets"} | change
    with pytest.raises(Refused):
        services.create_integration(cast.priya, owner=None, at=clock.now(), **given)


def test_letting_it_ask_takes_the_right_to_ask(cast: Cast) -> None:
    row = entered(cast)
    world.give(cast.chiara, world.role("Connector", {"integration.edit"}))
    with pytest.raises((NotAllowed, NotVisible)):
        services.allow_asking(cast.chiara, integration=row, type_=type_("ticket"), at=clock.now())
    world.give(cast.chiara, world.role("Asker", {"access.check"}))
    grant = services.allow_asking(cast.chiara, integration=row, type_=type_("ticket"), at=clock.now())
    assert selectors.asked(grant) == "ticket.*"


def test_nobody_is_let_ask_about_this_console_or_twice(cast: Cast) -> None:
    row, at = entered(cast), clock.now()
    with pytest.raises(Refused):
        services.allow_asking(cast.priya, integration=row, type_=type_("person"), at=at)
    view = Action.objects.get(key="ticket.view")
    services.allow_asking(cast.priya, integration=row, type_=type_("ticket"), action=view, at=at)
    with pytest.raises(Refused):
        services.allow_asking(cast.priya, integration=row, type_=type_("ticket"), action=view, at=clock.now())
    with pytest.raises(Refused):
        services.allow_asking(cast.priya, integration=row, type_=type_("survey"), action=view, at=clock.now())


def test_what_it_may_ask_is_ended_once(cast: Cast) -> None:
    grant = services.allow_asking(cast.priya, integration=entered(cast), type_=type_("ticket"), at=clock.now())
    services.end_asking(cast.priya, grant=grant, reason="The project is over", at=clock.now())
    with pytest.raises(Stale):
        services.end_asking(cast.priya, grant=grant, reason="Again", at=clock.now())


def test_a_token_opens_until_it_is_rotated_out(cast: Cast) -> None:
    row = entered(cast)
    first = services.issue_token(cast.priya, integration=row, days=90, at=clock.now())
    second = services.rotate_token(cast.priya, token=first.row, days=90, hours=24, at=clock.now())
    at = clock.now()
    for text in (first.text, second.text):
        assert callers.caller(text, at=at) is not None
        assert first.text not in str(Event.objects.values_list("additional_data", "changes"))
    later = at + timedelta(hours=25)
    assert callers.caller(first.text, at=later) is None
    assert callers.caller(second.text, at=later).integration == row


def test_without_overlap_the_old_token_ends_at_once(cast: Cast) -> None:
    first = services.issue_token(cast.priya, integration=entered(cast), days=90, at=clock.now())
    services.rotate_token(cast.priya, token=first.row, days=90, hours=0, at=clock.now())
    assert callers.caller(first.text, at=clock.now()) is None


@pytest.mark.parametrize("deed", ["rotate", "revoke", "end"])
def test_an_integration_is_locked_before_what_belongs_to_it(cast: Cast, deed: str) -> None:
    row, at = entered(cast), clock.now()
    made = services.issue_token(cast.priya, integration=row, days=30, at=at)
    grant = services.allow_asking(cast.priya, integration=row, type_=type_("ticket"), at=at)
    token, grant = IntegrationToken.objects.get(pk=made.row.pk), IntegrationGrant.objects.get(pk=grant.pk)
    with CaptureQueriesContext(connection) as queries:
        if deed == "rotate":
            services.rotate_token(cast.priya, token=token, days=30, hours=1, at=at)
        elif deed == "revoke":
            services.revoke_token(cast.priya, token=token, reason="It leaked", at=at)
        else:
            services.end_asking(cast.priya, grant=grant, reason="Over", at=at)
    table = "accounts_integrationgrant" if deed == "end" else "accounts_integrationtoken"
    read = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    tables = [name for sql in read for name in ("accounts_integration", table) if f'FROM "{name}"' in sql]
    assert tables.index("accounts_integration") < tables.index(table)


def test_a_revoked_token_is_neither_rotated_nor_revoked_again(cast: Cast) -> None:
    made = services.issue_token(cast.priya, integration=entered(cast), days=90, at=clock.now())
    services.revoke_token(cast.priya, token=made.row, reason="It leaked", at=clock.now())
    assert callers.caller(made.text, at=clock.now()) is None
    with pytest.raises(Stale):
        services.revoke_token(cast.priya, token=made.row, reason="Again", at=clock.now())
    with pytest.raises(Stale):
        services.rotate_token(cast.priya, token=made.row, days=1, hours=0, at=clock.now())


@pytest.mark.parametrize("days", [0, 367])
def test_a_token_lasts_a_year_at_most(cast: Cast, days: int) -> None:
    with pytest.raises(Refused):
        services.issue_token(cast.priya, integration=entered(cast), days=days, at=clock.now())


def test_few_tokens_are_open_at_once(cast: Cast) -> None:
    row = entered(cast)
    for _ in range(5):
        services.issue_token(cast.priya, integration=row, days=1, at=clock.now())
    with pytest.raises(Refused):
        services.issue_token(cast.priya, integration=row, days=1, at=clock.now())


def test_retiring_ends_its_tokens_and_everything_else(cast: Cast) -> None:
    row = entered(cast)
    made = services.issue_token(cast.priya, integration=row, days=90, at=clock.now())
    services.retire_integration(cast.priya, integration=row, reason="Replaced", at=clock.now())
    assert callers.caller(made.text, at=clock.now()) is None
    with pytest.raises(Stale):
        services.issue_token(cast.priya, integration=row, days=90, at=clock.now())


def test_the_page_shows_a_token_once(cast: Cast) -> None:
    row, client = entered(cast), signed_in(cast.priya)
    page = client.post(f"/integrations/{row.pk}/tokens/new/", {"days": "30"})
    token = IntegrationToken.objects.get()
    shown = page.content.decode()
    assert token.prefix in shown
    text = shown.partition('id="token"><code>')[2].partition("<")[0]
    assert callers.caller(text, at=clock.now()) is not None
    assert text not in client.get(f"/integrations/{row.pk}/").content.decode()
    assert page.headers["Cache-Control"] == "no-store"


def test_who_changes_it_second_sees_the_difference(cast: Cast) -> None:
    row = entered(cast)
    services.edit_integration(cast.priya, integration=row, row_version=1, changes={"name": "Gateway"}, at=clock.now())
    with pytest.raises(Stale):
        services.edit_integration(cast.priya, integration=row, row_version=1, changes={"name": "G"}, at=clock.now())
    assert Integration.objects.get().resource.name == "Gateway"


def test_the_list_asks_as_often_for_many_as_for_few(cast: Cast, django_assert_num_queries: object) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, counts = signed_in(cast.priya), []
    for many in (2, 8):
        for number in range(many):
            made = integrations.integration(f"System {many} {number}")
            integrations.token(made)
        client.get("/integrations/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/integrations/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
