"""The pages of birthright rules: the list, writing one, what it would do, and why somebody has what they have."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.people.services import edit_person
from accounts.teams.memberships import add_member
from accounts.teams.selectors import described
from cxaccess.lib import clock
from permissions.document.exporting import document
from permissions.document.services import apply_document
from permissions.grants.services import give_in_words
from permissions.guards import NotAllowed
from permissions.models import Birthright, Role
from permissions.roles.rows import raise_risk
from tests import birthrights as by
from tests import world
from tests.birthrights import gift, titled, within
from tests.cast import Cast
from tests.sessions import signed_in

pytestmark = pytest.mark.realdb


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def text(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(f"birthrights:{name}", args=args) + query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def agents(cast: Cast) -> Birthright:
    says = {"all": [within(cast.emea), titled("Support agent")]}
    return by.in_force(cast.priya, says, [gift(cast.feedback_reader, "region"), gift(cast.care_emea)])


def test_the_list_says_whom_each_rule_takes_in_and_how_many_have_it(cast: Cast, priya: Client) -> None:
    assert "No birthright rules yet" in text(priya, "list")
    by.in_force(cast.priya, titled("Support agent"), [gift(cast.agent)])
    by.draft(cast.priya, within(cast.dach), [gift(cast.care_dach)], "A draft")
    page = text(priya, "list")
    assert "Agents of EMEA" in page
    assert "A draft" in page
    assert "Agent: Everywhere" in page
    assert "A draft" not in text(priya, "list", query="?stage=enforced")
    assert "No rule matches" in text(priya, "list", query="?q=nowhere")


def test_one_rule_says_whom_what_and_since_when(priya: Client, agents: Birthright) -> None:
    page = text(priya, "detail", agents.pk)
    assert "their own region" in page
    assert "Version 1 is in force" in page
    assert "Ali Haddad" in text(priya, "people", agents.pk)


def written(**more: Any) -> dict[str, Any]:
    return {
        "name": "Agents", "purpose": "Their job", "rule": "row:0", "rule-kind": "all",
        "rule-0-attribute": "subject.title", "rule-0-operator": "equals", "rule-0-value": "Support agent", **more,
    }  # fmt: skip


def test_a_rule_is_clicked_together_without_scripts(cast: Cast, priya: Client) -> None:
    address = reverse("birthrights:create")
    chosen = {"add-role": cast.feedback_reader.pk, "add-region": "own"}
    page = priya.post(address, written(do="add", **chosen)).content.decode()
    key = gift(cast.feedback_reader, "region").key
    assert f'value="{key}"' in page
    assert "1 person gains" in page
    assert "gains Feedback reader: their own region" in " ".join(page.split())
    dropped = priya.post(address, written(do=f"drop:{key}", gift=[key])).content.decode()
    assert f'name="gift" value="{key}"' not in dropped
    answer = priya.post(address, written(gift=[key], **{"add-team": cast.care_emea.pk}))
    row = Birthright.objects.get()
    assert answer.status_code == 302
    assert row.current is not None
    assert row.current.gives == [
        {"role": cast.feedback_reader.pk, "terms": {}, "own": "region"}, {"team": cast.care_emea.pk},
    ]  # fmt: skip
    assert by.grants(cast.ali) == set()


def test_what_is_missing_is_said_beside_it(priya: Client) -> None:
    answer = priya.post(reverse("birthrights:create"), {"name": "Agents", "purpose": "Their job"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Choose what the rule gives" in page
    assert "Complete the conditions first" in page
    assert not Birthright.objects.exists()


def test_what_nobody_may_see_is_not_named_by_its_id(cast: Cast, priya: Client) -> None:
    answer = priya.post(reverse("birthrights:create"), written(gift=["role:99999", "nonsense", "team:0"], do="look"))
    assert answer.status_code == 200
    assert 'name="gift"' not in answer.content.decode()


def test_before_it_is_in_force_it_is_seen_who_gains_and_loses_what(cast: Cast, priya: Client, agents: Any) -> None:
    terms = {"region": cast.mena.pk}
    stated = {"starts_at": None, "until": None, "reason": "Helps", "at": clock.now()}
    give_in_words(cast.priya, principal=cast.ali.principal, role=cast.feedback_reader, terms=terms, **stated)
    by.reword(cast.priya, agents, titled("Team lead"), [gift(cast.feedback_reader, "region"), gift(cast.agent)])
    page = text(priya, "enforce", agents.pk)
    assert "<b>1 person gains</b>" in page
    assert "<b>1 loses</b>" in page
    assert "1 of them keeps it another way" in page
    assert "Jonas Weber" in page
    assert "Ali Haddad" in page
    agents.refresh_from_db()
    given = {"row_version": agents.row_version, "reason": "Agreed"}
    assert priya.post(reverse("birthrights:enforce", args=[agents.pk]), given).status_code == 302
    assert len(by.grants(cast.jonas)) == 2
    assert by.grants(cast.ali) == set()
    assert len(by.grants(cast.ali, source="manual")) == 2


def test_retiring_says_what_it_takes_back(cast: Cast, priya: Client, agents: Birthright) -> None:
    page = text(priya, "retire", agents.pk)
    assert "<b>1 loses</b>" in page
    assert "loses Care EMEA" in page
    agents.refresh_from_db()
    given = {"row_version": agents.row_version, "reason": "Over"}
    assert priya.post(reverse("birthrights:retire", args=[agents.pk]), given).status_code == 302
    assert by.grants(cast.ali) == set()
    assert "This rule is retired" in text(priya, "detail", agents.pk)
    agents.refresh_from_db()
    given = {"row_version": agents.row_version}
    assert priya.post(reverse("birthrights:reopen", args=[agents.pk]), given).status_code == 302


def test_versions_differ_and_an_older_one_comes_back(cast: Cast, priya: Client, agents: Birthright) -> None:
    by.reword(cast.priya, agents, titled("Team lead"), [gift(cast.agent)])
    page = text(priya, "compare", agents.pk)
    assert "Feedback reader: their own region" in page
    assert "Agent: Everywhere" in page
    assert "Brings back version 1" in text(priya, "restore", agents.pk, 1)
    assert "not in force" in text(priya, "detail", agents.pk)
    assert "Version 2" in text(priya, "versions", agents.pk)


def test_access_says_because_of_which_rule(cast: Cast, priya: Client, agents: Birthright) -> None:
    why = "because Region is within EMEA and Job title is one of Support agent: rule Agents of EMEA"
    plain = priya.get(reverse("people:access", args=[cast.ali.pk])).content.decode().replace("“", "").replace("”", "")
    assert why in plain
    assert "Rule Agents of EMEA" in plain
    teams = priya.get(reverse("people:teams", args=[cast.ali.pk])).content.decode()
    assert "rule Agents of EMEA" in teams
    asked = f"?person={cast.ali.pk}&action=feedback.view&resource={cast.mena_reviews.pk}"
    check = " ".join(priya.get(reverse("check:index") + asked).content.decode().split())
    assert "because" in check
    assert reverse("birthrights:detail", args=[agents.pk]) in check
    mine = signed_in(cast.ali).get(reverse("my-access")).content.decode()
    assert "rule Agents of EMEA" in mine


def test_whoever_is_in_a_team_by_hand_and_by_a_rule_counts_once(cast: Cast, priya: Client, agents: Birthright) -> None:
    add_member(cast.priya, team=cast.care_emea, person=cast.ali, at=clock.now())
    [row] = described([cast.care_emea], clock.now())
    assert row.members == 1


def test_the_trail_says_what_was_done(cast: Cast, priya: Client, agents: Birthright) -> None:
    row = cast.ali
    edit_person(cast.priya, person=row, row_version=row.row_version, changes={"title": "Trainer"}, at=clock.now())
    page = text(priya, "history", agents.pk)
    assert "put version 1 of the birthright rule" in page
    trail = priya.get(reverse("trail:list")).content.decode()
    assert "A birthright rule gave" in trail
    assert "A birthright rule ended" in trail
    assert "A birthright rule took" in trail


def test_counts_are_of_those_whom_the_reader_may_see(cast: Cast, agents: Birthright) -> None:
    world.give(cast.jonas, world.role("Rule reader", {"birthright.view"}))
    jonas = signed_in(cast.jonas)
    assert "Ali Haddad" not in text(jonas, "people", agents.pk)
    assert "Others may have something" in text(jonas, "people", agents.pk)


def test_a_document_makes_rules_so_and_a_second_time_changes_nothing(cast: Cast, agents: Birthright) -> None:
    at = clock.now()
    raise_risk(Role.objects.values_list("pk", flat=True), actor=cast.priya, at=at)
    written = document(set(), at=at)
    assert written["birthrights"] == [{
        "name": "Agents of EMEA", "purpose": "What their job needs", "stage": "enforced",
        "condition": {"all": [
            {"attribute": "subject.region", "operator": "within", "value": [cast.emea.code]},
            {"attribute": "subject.title", "operator": "one_of", "value": ["Support agent"]},
        ]},
        "gives": [{"role": "feedback-reader", "own": "region"}, {"team": "Care EMEA"}],
    }]  # fmt: skip
    assert apply_document(cast.priya, document=written, reason="As it is", at=at).differences == []
    rows = written["birthrights"]
    rows[0]["gives"][0] = {"role": "feedback-reader", "scope": {"region": cast.mena.code}}
    rows.append(rows[0] | {"name": "Leads", "gives": [{"role": "agent"}], "stage": "draft"})
    apply_document(cast.priya, document=written, reason="Anew", at=clock.now())
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.mena.pk}")}
    assert Birthright.objects.get(name="Leads").states.count() == 0
    assert apply_document(cast.priya, document=written, reason="Anew", at=clock.now()).differences == []


def test_a_document_gives_by_a_rule_only_what_its_bringer_could_give(cast: Cast) -> None:
    world.give(cast.rosa, world.role("Rule writer", {"birthright.enforce", "birthright.edit", "birthright.view"}))
    row = {
        "name": "All", "purpose": "Everything", "stage": "enforced",
        "condition": {"attribute": "subject.state", "operator": "equals", "value": "active"},
        "gives": [{"role": "administrator"}],
    }  # fmt: skip
    wanted = {"format": "cxaccess-model", "version": 1, "birthrights": [row]}
    with pytest.raises(NotAllowed):
        apply_document(cast.rosa, document=wanted, reason="Mine", at=clock.now())
    assert not Birthright.objects.exists()
