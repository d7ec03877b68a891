"""Reading the trail: who may, what it says, how it is narrowed, and what it costs."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.signin.failures import Failure
from audits.models import Event
from audits.trail import phrases, selectors
from audits.trail.record import System, record
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.context import Origin, origin
from permissions.grants import services as grants
from permissions.guards import NotAllowed
from permissions.models import Role, RoleGrant
from permissions.roles import services as roles
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

UNTIL = world.soon(days=40)


@pytest.fixture
def told(cast: Cast) -> Cast:
    """Kestrel Home after a few things happened."""
    give(cast, cast.maya, until=UNTIL)
    return cast


def give(cast: Cast, to: object, **window: object) -> RoleGrant:
    return grants.give_role(
        cast.priya,
        principal=to.principal,  # type: ignore[attr-defined]
        role=cast.feedback_reader,
        scope=world.scope(region=cast.dach),
        starts_at=None,
        until=window.get("until"),  # type: ignore[arg-type]
        reason="Quarterly analysis",
        at=clock.now(),
    )


def page(who: object, query: str = "") -> str:
    answer = signed_in(who).get(f"/trail/{query}")  # type: ignore[arg-type]
    assert answer.status_code == 200
    return answer.content.decode()


def write(tag: Tag, **parts: object) -> Event:
    with transaction.atomic():
        return record(tag, **({"actor": System("test"), "at": clock.now()} | parts))  # type: ignore[arg-type]


def test_the_trail_keeps_no_names_and_shows_todays(told: Cast) -> None:
    event = Event.objects.get(tag=Tag.GRANT_GIVEN)
    assert "Maya" not in str(event.changes) + str(event.additional_data)
    told.maya.name = "Maya Okafor-Lind"
    told.maya.save()
    assert "Priya Raman gave Maya Okafor-Lind the role Feedback reader in DACH until" in str(
        describe([event])[0].sentence
    )


def test_a_grant_given_everywhere_without_end_says_so(cast: Cast) -> None:
    grants.give_role(
        cast.priya, principal=cast.ali.principal, role=cast.agent, scope=world.scope(), starts_at=None, until=None,
        reason="Moves between regions", at=clock.now(),
    )  # fmt: skip
    story = describe(Event.objects.filter(tag=Tag.GRANT_GIVEN))[0]
    assert str(story.sentence) == "Priya Raman gave Ali Haddad the role Agent everywhere"


def test_changes_read_in_the_words_of_the_screens(cast: Cast) -> None:
    before = type(cast.maya).objects.get(pk=cast.maya.pk)
    cast.maya.region, cast.maya.state, cast.maya.name = cast.mena, "leave", "Somebody Else"
    story = describe([write(Tag.PERSON_EDITED, obj=cast.maya, before=before, about=cast.maya)])[0]
    read = {change.label: ([str(x) for x in change.old], [str(x) for x in change.new]) for change in story.changes}
    assert read == {
        "Region": (["Germany"], ["MENA"]),
        "State": (["Active"], ["On leave"]),
        "Name": ([], ["changed"]),
    }


def test_a_new_version_says_how_many_permissions_it_adds(cast: Cast) -> None:
    roles.save_version(
        cast.priya, role=cast.agent, row_version=cast.agent.row_version, actions={"article.view", "ticket.assign"},
        includes=(), note="Leads move cases", at=clock.now(),
    )  # fmt: skip
    story = describe(Event.objects.filter(tag=Tag.ROLE_VERSIONED))[0]
    assert str(story.sentence).endswith("of the role Agent: 1 permission added, 1 permission taken out")
    assert story.reason == "Leads move cases"


def test_a_refusal_is_told_with_what_was_asked_and_why_not(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        roles.retire_role(cast.otto, role=cast.agent, reason="I do not like it", at=clock.now())
    story = describe(Event.objects.filter(tag=Tag.ACCESS_REFUSED))[0]
    assert str(story.sentence) == "Otto Lang was refused role.retire on Agent"
    assert story.why_not == "No grant gives it."


def test_names_in_sentences_are_escaped(cast: Cast) -> None:
    cast.maya.name = "<script>alert(1)</script>"
    cast.maya.save()
    write(Tag.PERSON_EDITED, actor=cast.priya, obj=cast.maya, about=cast.maya)
    assert "<script>alert" not in page(cast.otto)


def test_every_tag_has_a_sentence_of_its_own_and_survives_missing_facts(cast: Cast) -> None:
    for tag in Tag:
        story = describe([write(tag)])[0]
        assert str(story.sentence)
        assert story.sentence.__html__()


def test_describing_costs_the_same_for_one_event_and_for_many(told: Cast) -> None:
    for person in (told.ali, told.chiara, told.rosa, told.jonas):
        give(told, person, until=UNTIL)
    for team in (told.care_emea, told.care_dach):
        give(told, team)
    write(Tag.PERSON_EDITED, obj=told.maya, changes={"region": (told.emea.pk, told.dach.pk)}, about=told.maya)
    list(describe(Event.objects.all()))
    with CaptureQueriesContext(
        connection,
    ) as few:
        describe(Event.objects.filter(tag=Tag.GRANT_GIVEN)[:1])
    with CaptureQueriesContext(connection) as many:
        describe(Event.objects.all())
    assert len(many) <= len(few) + 1
    assert len(many) <= 12


def test_the_history_of_a_person_a_team_and_a_role(told: Cast) -> None:
    give(told, told.care_dach)
    for thing, expected in ((told.maya, 1), (told.care_dach, 1), (told.feedback_reader, 2), (told.ali, 0)):
        assert len(selectors.history_of(thing)) == expected


def test_pages_are_walked_by_keyset_both_ways(cast: Cast) -> None:
    ids = [write(Tag.SIGN_IN, actor=cast.maya).pk for _ in range(7)][::-1]
    rows = Event.objects.all()
    first = selectors.stretch(rows, size=3)
    second = selectors.stretch(rows, before=first.older, size=3)
    third = selectors.stretch(rows, before=second.older, size=3)
    seen = [[story.event.pk for story in part] for part in (first, second, third)]
    assert seen == [ids[:3], ids[3:6], ids[6:]]
    assert (first.newer, third.older) == (None, None)
    back = selectors.stretch(rows, after=third.newer, size=3)
    assert [story.event.pk for story in back] == ids[3:6]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?q=Okafor", True),
        ("?q=feedback reader", True),
        ("?q=Haddad", False),
        ("?kind=grant", True),
        ("?kind=role", False),
        ("?kind=grant.given", True),
        ("?by=priya", True),
        ("?by=maya", False),
        ("?about=Maya", True),
        ("?since=2020-01-01", True),
        ("?since=2199-01-01", False),
        ("?upto=2020-01-01", False),
        ("?refused=on", False),
        ("?cid=abc", False),
        ("?kind=nonsense&since=yesterday&on=x&before=-1&event=zero", True),
    ],
)
def test_filters(told: Cast, query: str, shown: bool) -> None:
    assert ("gave <a" in page(told.otto, query) or "gave Maya" in page(told.otto, query)) == shown


def test_filtering_by_object_and_by_correlation_id(told: Cast) -> None:
    token = origin.set(Origin("c0ffee", "192.0.2.7", "web"))
    event = write(Tag.ROLE_EDITED, actor=told.priya, obj=told.agent)
    other = write(Tag.ROLE_EDITED, actor=told.priya, obj=told.analyst)
    origin.reset(token)
    assert "Agent</" in page(told.otto, "?cid=c0ffee") or "role Agent" in page(told.otto, "?cid=c0ffee")
    on_role = page(told.otto, f"?on=role:{told.agent.pk}")
    assert f">{event.pk}<" in on_role
    assert f">{other.pk}<" not in on_role
    detail = signed_in(told.otto).get(f"/trail/{event.pk}/").content.decode()
    assert f"/trail/{other.pk}/" in detail
    assert "192.0.2.7" in detail


def test_days_of_the_filter_are_the_readers_days(cast: Cast) -> None:
    midnight_in_tokyo = clock.start_of_day(clock.now().date() - timedelta(days=3), "Asia/Tokyo")
    event = write(Tag.SIGN_IN, actor=cast.maya, at=midnight_in_tokyo)
    from django.utils import timezone

    from audits.trail.filters import filtered

    day = clock.now().date() - timedelta(days=3)
    with timezone.override("Asia/Tokyo"):
        assert event in filtered(Event.objects.all(), {"since": day, "upto": day})
    with timezone.override("America/Los_Angeles"):
        assert event not in filtered(Event.objects.all(), {"since": day, "upto": day})


def test_a_regional_reader_sees_only_events_about_people_of_the_region(told: Cast) -> None:
    reader = world.role("Regional auditor", {"trail.view"})
    world.give(told.chiara, reader, region=told.mena)
    about_ali = write(Tag.PERSON_EDITED, obj=told.ali, about=told.ali)
    seen = page(told.chiara)
    assert f">{about_ali.pk}<" in seen
    assert "Feedback reader" not in seen
    assert signed_in(told.chiara).get(f"/trail/{Event.objects.first().pk}/").status_code == 200
    hidden = Event.objects.get(tag=Tag.GRANT_GIVEN)
    assert signed_in(told.chiara).get(f"/trail/{hidden.pk}/").status_code == 404


def test_the_list_costs_the_same_with_ten_times_the_events(told: Cast) -> None:
    client = signed_in(told.otto)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/trail/")
        counts.append(len(queries))
        for person in (told.ali, told.chiara, told.rosa, told.jonas, told.lena):
            write(Tag.PERSON_EDITED, actor=told.priya, obj=person, about=person)
    assert counts[1] <= counts[0]


def test_the_export_is_streamed_recorded_and_free_of_formulas(told: Cast) -> None:
    told.maya.name = "=HYPERLINK(1)"
    told.maya.save()
    write(Tag.PERSON_CLAIMED, about=told.maya, obj=told.maya)
    answer = signed_in(told.otto).post("/trail/export/?about=%3DHYPERLINK")
    text = b"".join(answer.streaming_content).decode("utf-8")
    lines = text.splitlines()
    assert text.startswith("\ufeff")
    assert len(lines) == 3
    assert "'=HYPERLINK(1) claimed" in text
    event = Event.objects.get(tag=Tag.ACCESS_EXPORTED)
    assert event.additional_data == {"list": "trail", "rows": 2, "filters": {"about": ""}}


def test_who_may_only_view_cannot_export(told: Cast) -> None:
    world.give(told.chiara, world.role("Trail reader", {"trail.view"}))
    assert "Export" not in page(told.chiara)
    assert signed_in(told.chiara).post("/trail/export/").status_code == 403
    assert Event.objects.filter(tag=Tag.ACCESS_REFUSED).exists()


def test_an_empty_trail_says_what_it_is_for(cast: Cast) -> None:
    assert "Nothing has happened yet" in page(cast.otto)
    assert "No event matches" in page(cast.otto, "?kind=role")


def test_the_page_of_an_event_that_is_not_there_is_404(cast: Cast, client: Client) -> None:
    assert signed_in(cast.otto).get("/trail/999999/").status_code == 404


def test_what_is_gone_is_named_by_its_number(cast: Cast) -> None:
    role = Role(pk=987654)
    story = describe([write(Tag.ROLE_EDITED, obj=role)])[0]
    assert "Role 987654" in str(story.sentence)


def test_a_place_in_a_team_is_told_with_the_team_and_the_part(cast: Cast) -> None:
    write(Tag.MEMBERSHIP_GIVEN, actor=cast.priya, obj=cast.care_dach, about=cast.ali, details={"part": "lead"})
    story = describe(Event.objects.all())[0]
    assert str(story.sentence) == "Priya Raman added Ali Haddad to Care DACH as lead"


def test_a_filter_names_nothing_that_the_reader_cannot_see(told: Cast) -> None:
    world.give(told.jonas, world.role("Trail reader", {"trail.view"}), region=told.dach)
    for field in ("by", "about"):
        assert "Ali Haddad" not in page(told.jonas, f"?{field}={told.ali.pk}")
        assert "Ali Haddad" in page(told.otto, f"?{field}={told.ali.pk}")
    assert "Maya Okafor" in page(told.jonas, f"?about={told.maya.pk}")
    assert told.care_emea.name not in page(told.jonas, f"?on=team:{told.care_emea.pk}")
    assert told.analyst.name not in page(told.jonas, f"?on=role:{told.analyst.pk}")


@pytest.mark.parametrize("odd", ["person:²", "person:" + "9" * 60, "²"])
def test_a_filter_that_is_no_number_fails_nothing(told: Cast, odd: str) -> None:
    for field in ("q", "by", "about", "on", "event", "before"):
        page(told.otto, f"?{field}={odd}")


def test_a_failed_sign_in_says_why_in_words(cast: Cast) -> None:
    assert set(phrases.WHY_NOT_IN) == {why.value for why in Failure}
    record(Tag.SIGN_IN_FAILED, actor=System("sign-in"), at=clock.now(), about=cast.maya, details={"cause": "limited"})
    (story,) = describe(Event.objects.filter(tag=Tag.SIGN_IN_FAILED))
    assert (story.reason, story.why_not) == ("", "Paused after too many tries.")
