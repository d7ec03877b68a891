"""The pages of resources: who sees how much, what is recorded before it is shown, what a file holds."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.conditions import Schema
from permissions.engine import Decision, Reason, Target
from permissions.engine.policies import Duty, Kind, Rule
from permissions.models import AttributeDefinition, Resource, Sensitivity
from permissions.resources import fields, services
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

LIST = reverse("resources:list")
SECRET = "The delivery was late, call Ms Ott"


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


@pytest.fixture
def guarded(cast: Cast) -> Resource:
    """A confidential stream with content, in Germany."""
    cast.german_reviews.content = {"comment": SECRET, "email": "ott@example.org", "score": "4"}
    cast.german_reviews.sensitivity = Sensitivity.CONFIDENTIAL
    cast.german_reviews.save()
    return cast.german_reviews


def page(client: Client, resource: Resource, tab: str = "detail", status: int = 200) -> str:
    answer = client.get(reverse(f"resources:{tab}", args=[resource.pk]))
    assert answer.status_code == status
    return answer.content.decode()


def names(client: Client, query: str = "") -> list[str]:
    return [row.name for row in client.get(f"{LIST}?{query}").context["rows"]]


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def exported(client: Client, *columns: str, query: str = "") -> list[list[str]]:
    answer = client.post(f"{reverse('resources:export')}?{query}", {"columns": columns})
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))


def test_the_registry_shows_attributes_and_not_what_a_resource_holds(
    cast: Cast, priya: Client, guarded: Resource
) -> None:
    text = page(priya, guarded)
    assert "Germany" in text
    assert "Comment" in text  # which data there is, but not the data
    assert SECRET not in text
    assert "ott@" not in text


def test_whoever_may_view_what_it_holds_sees_that_and_not_the_registry(cast: Cast, guarded: Resource) -> None:
    text = page(signed_in(cast.maya), guarded)
    assert SECRET in text
    assert guarded.external_id not in text
    page(signed_in(cast.ali), guarded, status=404)


def test_an_owner_sees_the_attributes_of_their_resource(cast: Cast, guarded: Resource) -> None:
    Resource.objects.filter(pk=guarded.pk).update(owner=cast.chiara)
    text = page(signed_in(cast.chiara), guarded)
    assert "Germany" in text
    assert SECRET not in text


def masking(*obligations: object, on: tuple[str, ...] = ("feedback.view", "feedback.export")) -> Rule:
    """Return a policy that lets everybody in and masks some data."""
    duties = tuple(Duty(what) for what in obligations)
    nobody: frozenset[int] = frozenset()
    return Rule(1, 1, Kind.ALLOW, frozenset(on), nobody, nobody, lambda _facts, _world: True, None, Schema(()), duties)


@pytest.fixture
def policies(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """The policies in force; masks reach decisions as they will from the policies to come."""
    from permissions import history

    in_force: list[object] = []
    model_of = history.model

    def with_policies(at: Any) -> Any:
        from dataclasses import replace

        return replace(model_of(at), policies=tuple(in_force))

    monkeypatch.setattr(history, "model", with_policies)
    return in_force


def test_a_masked_value_is_never_sent(cast: Cast, guarded: Resource, policies: list[object]) -> None:
    policies.append(masking(fields.Mask(data_classes=frozenset({"email", "free_text"}))))
    text = page(signed_in(cast.maya), guarded)
    assert SECRET not in text
    assert "ott@" not in text
    assert fields.MASK in text
    assert "<dd>4 " in text


def test_an_obligation_that_nobody_understands_masks_everything(cast: Cast, guarded: Resource) -> None:
    target = Target("feedback", guarded.pk)
    decision = Decision(True, Reason.GRANTED, "feedback.view", target, clock.now(), obligations=("watermark",))
    shown = fields.values(guarded, guarded.type.fields, decision)
    assert {value.text for value in shown} == {fields.MASK}
    assert fields.values(guarded, guarded.type.fields, Decision(False, Reason.NO_GRANT, "x", target, clock.now())) == []


@pytest.mark.parametrize("tab", ["detail", "who", "history", "edit", "archive"])
def test_opening_a_confidential_resource_is_on_record(cast: Cast, priya: Client, guarded: Resource, tab: str) -> None:
    page(priya, guarded, tab)
    event = Event.objects.get(tag=Tag.RESOURCE_READ)
    assert (event.actor, event.object_id, event.additional_data) == (
        cast.priya, guarded.pk, {"page": tab, "content": False},
    )  # fmt: skip


def test_opening_anything_else_is_counted_and_no_event(cast: Cast, priya: Client) -> None:
    page(priya, cast.german_reviews)
    page(priya, cast.german_reviews)
    assert not Event.objects.filter(tag=Tag.RESOURCE_READ).exists()


def test_what_cannot_be_recorded_is_not_shown(cast: Cast, guarded: Resource, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise OSError("the disk is full")

    client = signed_in(cast.maya)
    client.raise_request_exception = False
    monkeypatch.setattr(services, "record", broken)
    answer = client.get(reverse("resources:detail", args=[guarded.pk]))
    assert answer.status_code == 500
    assert SECRET not in answer.content.decode()


def test_somebody_who_may_not_open_it_leaves_a_refusal(cast: Cast, guarded: Resource) -> None:
    page(signed_in(cast.ali), guarded, status=404)
    assert Event.objects.filter(tag=Tag.ACCESS_REFUSED, actor=cast.ali).exists()
    assert not Event.objects.filter(tag=Tag.RESOURCE_READ).exists()


def test_a_file_without_the_right_to_export_content_has_no_such_column(
    cast: Cast, priya: Client, guarded: Resource
) -> None:
    form = priya.get(reverse("resources:export")).context["form"]
    assert not [column for column in form.offered if column.group == "content"]
    answer = priya.post(reverse("resources:export"), {"columns": ["name", "content.feedback.comment"]})
    assert answer.status_code == 422
    rows = exported(priya, "name", "region")
    assert rows[0] == ["Name", "Region"]
    assert SECRET not in str(rows)
    event = Event.objects.get(tag=Tag.ACCESS_EXPORTED)
    assert event.additional_data["columns"] == ["name", "region"]
    assert event.additional_data["rows"] == 2


def test_a_file_holds_content_only_of_what_the_types_own_export_reaches(cast: Cast, guarded: Resource) -> None:
    cast.mena_reviews.content = {"comment": "Nice"}
    cast.mena_reviews.save()
    world.give(cast.maya, world.role("Exporter", {"resource.export"}), region=cast.emea)
    rows = exported(signed_in(cast.maya), "name", "content.feedback.comment")
    assert rows == [
        ["Name", "Feedback stream: Comment"],
        ["App reviews Germany", SECRET],
        ["App reviews MENA", ""],  # her export of feedback reaches DACH alone
    ]
    (event,) = Event.objects.filter(tag=Tag.RESOURCES_READ)
    assert event.additional_data["resources"] == [guarded.pk]


def test_what_is_masked_on_screens_is_masked_in_the_file(cast: Cast, guarded: Resource, policies: list[object]) -> None:
    world.give(cast.maya, world.role("Exporter", {"resource.export"}), region=cast.emea)
    policies.append(masking(fields.Mask(names=frozenset({"comment"}))))
    rows = exported(signed_in(cast.maya), "name", "content.feedback.comment", "content.feedback.score")
    assert rows[1] == ["App reviews Germany", fields.MASK, "4"]


def test_a_mask_on_viewing_alone_holds_in_the_file(cast: Cast, guarded: Resource, policies: list[object]) -> None:
    world.give(cast.maya, world.role("Exporter", {"resource.export"}), region=cast.emea)
    policies.append(masking(fields.Mask(names=frozenset({"comment"})), on=("feedback.view",)))
    rows = exported(signed_in(cast.maya), "name", "content.feedback.comment", "content.feedback.score")
    assert rows[1] == ["App reviews Germany", fields.MASK, "4"]


def test_a_file_whose_reading_cannot_be_recorded_ends_before_it_tells(
    cast: Cast, guarded: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    from permissions.resources import export

    world.give(cast.maya, world.role("Exporter", {"resource.export"}), region=cast.emea)
    answer = signed_in(cast.maya).post(
        reverse("resources:export"), {"columns": ["name", "content.feedback.comment"]}
    )  # fmt: skip

    def broken(*_args: object, **_more: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(export, "record", broken)
    got = []
    with pytest.raises(OSError, match="disk"):
        got.extend(answer.streaming_content)
    assert SECRET not in b"".join(got).decode()


def test_a_file_runs_nothing_and_takes_custom_attributes(cast: Cast, priya: Client) -> None:
    AttributeDefinition.objects.create(
        entity="resource", name="steward", label="Data steward", type="text", created_at=world.LONG_AGO
    )
    Resource.objects.filter(pk=cast.german_reviews.pk).update(name="=HYPERLINK(evil)", custom={"steward": "Insights"})
    rows = exported(priya, "name", "custom.steward", query=f"region={cast.dach.pk}")
    assert rows == [["Name", "Data steward"], ["'=HYPERLINK(evil)", "Insights"]]


def test_the_list_keeps_what_the_address_asks_for(cast: Cast, priya: Client) -> None:
    world.resource("Morning board", "dashboard", region=cast.dach, department=cast.care, owner=cast.priya)
    world.resource("Old board", "dashboard", archived_at=world.LONG_AGO, sensitivity=4)
    assert names(priya) == ["App reviews Germany", "App reviews MENA", "Morning board"]
    assert names(priya, "type=dashboard") == ["Morning board"]
    assert names(priya, f"region={cast.dach.pk}") == ["App reviews Germany", "Morning board"]
    assert names(priya, f"department={cast.care.pk}") == ["Morning board"]
    assert names(priya, "owner=me") == ["Morning board"]
    assert names(priya, "owner=nobody") == ["App reviews Germany", "App reviews MENA"]
    assert names(priya, "archived=yes") == ["Old board"]
    assert names(priya, "sensitivity=4&archived=yes") == ["Old board"]
    assert names(priya, "sort=-name")[0] == "Morning board"
    assert names(priya, "q=rev+germ") == ["App reviews Germany"]
    assert "Care DACH" in names(priya, "kind=console")
    assert set(names(signed_in(cast.rosa), "kind=console")) == {"Care EMEA", "Care DACH", "Insights DACH"}


@pytest.mark.parametrize(
    "query", ["type=x", "region=99999999999", "sensitivity=x", "owner=%00", "q=%00", "q=%22*", "q=OR", "system=%00a"]
)
def test_nothing_typed_into_the_address_fails(priya: Client, query: str) -> None:
    assert priya.get(f"{LIST}?{query}").status_code == 200
    assert priya.get(f"{reverse('resources:facets')}?{query}").status_code == 200


def test_facets_count_under_all_filters_but_their_own(cast: Cast, priya: Client) -> None:
    for number in range(3):
        world.resource(f"Board {number}", "dashboard", region=cast.dach, sensitivity=3)
    found = priya.get(f"{reverse('resources:facets')}?type=dashboard").context["facets"]
    counts = {facet.name: {one.option.label: one.count.value for one in facet.options} for facet in found}
    assert counts["type"] == {"Feedback streams": 2, "Dashboards": 3}
    assert counts["sensitivity"] == {"Confidential": 3}
    assert counts["region"] == {"World": 3, "EMEA": 3, "DACH": 3}
    chosen = [one.option.value for facet in found for one in facet.options if one.chosen]
    assert chosen == ["dashboard"]


def test_pages_cost_the_same_for_one_resource_and_for_many(cast: Cast, priya: Client) -> None:
    urls = [
        LIST,
        f"{LIST}?type=feedback&sort=-created",
        reverse("resources:detail", args=[cast.german_reviews.pk]),
        f"{reverse('resources:who', args=[cast.german_reviews.pk])}?action=feedback.view",
    ]
    few = [queries(priya, url) for url in urls]
    for number in range(24):
        person = world.person(f"Crowd {number:02}", region=cast.dach)
        world.join(person, cast.insights_dach)
        world.resource(f"Stream {number}", "feedback", region=cast.dach, owner=person, owner_team=cast.care_dach)
    assert [queries(priya, url) for url in urls] == few


def test_who_can_says_everybody_and_the_way(cast: Cast, priya: Client) -> None:
    url = reverse("resources:who", args=[cast.german_reviews.pk])
    found = priya.get(f"{url}?action=feedback.view").context["holders"]
    assert [holder.person for holder in found] == [cast.jonas, cast.maya]
    (way,) = found[0].ways
    assert (way.role, way.through) == (cast.analyst, cast.insights_dach.principal)
    everybody = priya.get(f"{url}?action=resource.edit").context["holders"]
    assert [holder.person for holder in everybody] == [cast.priya, cast.rosa]
    assert everybody[1].ways[0].through is None


def test_a_resource_that_stands_for_a_team_leads_to_the_team(cast: Cast, priya: Client) -> None:
    answer = priya.get(reverse("resources:detail", args=[cast.care_dach.resource_id]))
    assert answer.headers["Location"] == reverse("teams:detail", args=[cast.care_dach.pk])


def test_the_loser_of_a_race_gets_the_difference(cast: Cast, priya: Client) -> None:
    url = reverse("resources:edit", args=[cast.german_reviews.pk])
    shown = {"name": "App reviews Germany", "initial-name": "App reviews Germany", "sensitivity": 2,
             "initial-sensitivity": 2, "region": cast.germany.pk, "initial-region": cast.germany.pk,
             "row_version": 1}  # fmt: skip
    assert priya.post(url, shown | {"channel": "app"}).status_code == 302
    answer = priya.post(url, shown | {"name": "Reviews"})
    assert answer.status_code == 409
    assert [conflict.label for conflict in answer.context["conflicts"]] == ["Channel"]
    assert 'value="Reviews"' in answer.content.decode()


def test_a_view_of_ones_own_is_a_tab(cast: Cast, priya: Client) -> None:
    save = {"page": "resources:list", "name": "German streams", "query": "type=feedback&page=3"}
    answer = priya.post(reverse("saved:save"), save, follow=True)
    assert answer.redirect_chain[-1][0] == f"{LIST}?type=feedback"
    assert "German streams" in answer.content.decode()
    assert "German streams" not in signed_in(cast.rosa).get(LIST).content.decode()
    view = cast.priya.saved_views.get()
    priya.post(reverse("saved:rename", args=[view.pk]), {"name": "Streams"})
    assert "Streams" in priya.get(LIST).content.decode()
    priya.post(reverse("saved:delete", args=[view.pk]))
    assert not cast.priya.saved_views.exists()


@pytest.mark.parametrize("given", [{"page": "nowhere:list"}, {"page": "people:detail"}, {"page": "https://evil/:list"}])
def test_only_lists_have_views(priya: Client, given: dict[str, str]) -> None:
    assert priya.post(reverse("saved:save"), {"name": "x", "query": "", **given}).status_code == 404


def test_what_no_index_counts_is_counted_among_the_first_rows(
    cast: Cast, priya: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from permissions.resources import facets

    monkeypatch.setattr(facets, "TALLY", 2)
    world.resource("Z board", "dashboard", department=cast.care)
    found = priya.get(reverse("resources:facets")).context["facets"]
    (departments,) = [facet for facet in found if facet.name == "department"]
    shown = {one.option.label: str(one.count) for one in departments.options}
    assert shown["Customer Care"] in ("0+", "1+")  # met or not, it is offered
    assert priya.get(reverse("resources:facets")).status_code == 200


def test_an_address_is_no_way_to_read_names(cast: Cast, priya: Client) -> None:
    """Whoever lists resources could try one id after the other: what they do not see stays a number."""
    world.give(cast.chiara, world.role("Registry of EMEA", {"resource.view", "resource.export"}), region=cast.emea)
    query = f"?owner={cast.otto.pk}&owner_team={cast.care_dach.pk}"
    for address in (LIST, reverse("resources:export")):
        seen, hidden = (signed_in(who).get(address + query).context["chips"] for who in (cast.priya, cast.chiara))
        assert [value for _label, value, _name in seen] == ["Care DACH", "Otto Lang"]
        assert [value for _label, value, _name in hidden] == [str(cast.care_dach.pk), str(cast.otto.pk)]


def test_no_filter_names_a_system_of_which_the_reader_sees_nothing(
    cast: Cast, priya: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rows there are: past those that are counted, only who sees all is offered the rest."""
    from permissions.resources import facets

    world.resource("Merger plans", "report", system="secret-merger", region=world.node("APAC", cast.world_))
    world.resource("Late board", "dashboard", system="late", region=cast.germany)
    rosa = signed_in(cast.rosa)

    def offered(client: Client, query: str = "") -> set[str]:
        found = client.get(f"{reverse('resources:facets')}?{query}").context["facets"]
        return {one.option.value for facet in found if facet.name == "system" for one in facet.options}

    assert offered(rosa) == {"voice", "late"}
    for rows in (1, 2):
        monkeypatch.setattr(facets, "TALLY", rows)
        assert "secret-merger" not in offered(rosa)
        assert "secret-merger" in offered(priya)
        assert "late" in offered(rosa, "system=late"), "what one chose stays chosen"


def test_the_filters_ask_as_much_of_the_database_with_a_type_as_without(cast: Cast, priya: Client) -> None:
    url = reverse("resources:facets")
    assert queries(priya, f"{url}?type=feedback") == queries(priya, url)


def test_the_palette_finds_resources_for_whoever_may_see_them(cast: Cast, priya: Client) -> None:
    address = f"{reverse('search')}?q=rev+germ"
    assert reverse("resources:detail", args=[cast.german_reviews.pk]) in priya.get(address).content.decode()
    assert "App reviews Germany" not in signed_in(cast.chiara).get(address).content.decode()


def test_a_form_that_is_shown_again_is_on_record_too(cast: Cast, priya: Client, guarded: Resource) -> None:
    answer = priya.post(reverse("resources:edit", args=[guarded.pk]), {"name": "", "row_version": 1})
    assert answer.status_code == 422
    assert Event.objects.filter(tag=Tag.RESOURCE_READ, object_id=guarded.pk).count() == 1
