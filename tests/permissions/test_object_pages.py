"""The pages of grants on one resource: the list and its file, giving step by step, moving ends, ending."""

from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.people import lookups
from audits.models import Event
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions import gate
from permissions.models import Action, PersonObjectGrant
from permissions.objects import rows
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def action(key: str) -> int:
    return Action.objects.get(key=key).pk


def gift(cast: Cast, key: str = "feedback.view", **more: object) -> dict[str, object]:
    to = cast.chiara.principal_id
    said = {"to": to, "on": cast.mena_reviews.pk, "action": action(key), "lasts": "30", "reason": "For the study"}
    return said | more


def test_giving_asks_for_the_thing_then_for_the_person_then_for_the_rest(cast: Cast, priya: Client) -> None:
    give = reverse("objects:give")
    assert "App reviews MENA" in priya.get(give, {"q": "mena"}).content.decode()
    assert "Chiara Bellini" in priya.get(give, {"on": cast.mena_reviews.pk, "q": "chiara"}).content.decode()
    page = priya.get(give, {"on": cast.mena_reviews.pk, "to": cast.chiara.principal_id})
    offered = set(page.context["form"].fields["action"].queryset.values_list("key", flat=True))
    assert offered >= {"feedback.view", "feedback.export", "resource.give", "resource.edit"}
    assert not offered & {"ticket.view", "role.give", "resource.create"}
    answer = priya.post(give, gift(cast))
    grant = PersonObjectGrant.objects.get(user=cast.chiara)
    assert answer.url == reverse("objects:detail", args=[f"p{grant.pk}"])
    told = priya.get(answer.url).content.decode()
    assert "For the study" in told
    assert "App reviews MENA" in told


def test_a_high_risk_is_summed_up_and_needs_a_fresh_proof(cast: Cast, priya: Client) -> None:
    answer = priya.post(reverse("objects:give"), gift(cast, "feedback.export", lasts="none"))
    assert answer.url.startswith(reverse("objects:confirm"))
    assert "would not end by itself" in priya.get(answer.url).content.decode()
    session = priya.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    assert "/confirm/?next=" in priya.get(answer.url).url
    assert not PersonObjectGrant.objects.exists()
    assert signed_in(cast.priya).post(reverse("objects:confirm"), gift(cast, "feedback.export")).status_code == 302
    assert gate.may(cast.chiara, "feedback.export", cast.mena_reviews, at=clock.now())


def test_the_page_of_a_grant_tells_what_happened_to_it_and_not_to_others_on_the_same_thing(
    cast: Cast, priya: Client
) -> None:
    priya.post(reverse("objects:give"), gift(cast))
    priya.post(reverse("objects:give"), gift(cast, to=cast.otto.principal_id, reason="For the audit"))
    mine, other = (rows.key(PersonObjectGrant.objects.get(user=person)) for person in (cast.chiara, cast.otto))
    assert priya.post(reverse("objects:end", args=[mine]), {"reason": "Done"}).status_code == 302
    told = [
        [str(story.event.tag) for story in priya.get(reverse("objects:detail", args=[key])).context["events"].stories]
        for key in (mine, other)
    ]
    assert told == [[Tag.OBJECT_GRANT_ENDED, Tag.OBJECT_GRANT_GIVEN], [Tag.OBJECT_GRANT_GIVEN]]


def test_the_same_again_is_refused_with_a_link_to_what_stands(cast: Cast, priya: Client) -> None:
    key = rows.key(world.give_on(cast.chiara, "feedback.view", cast.mena_reviews))
    answer = priya.post(reverse("objects:give"), gift(cast))
    assert answer.status_code == 422
    assert reverse("objects:detail", args=[key]) in answer.content.decode()


def test_an_owner_who_sees_nobody_finds_a_colleague_by_the_whole_address(cast: Cast) -> None:
    world.give_on(cast.chiara, "resource.give", cast.mena_reviews)
    owner = signed_in(cast.chiara)
    give = reverse("objects:give")
    things = owner.get(give).context["page"]
    assert [thing.name for thing in things] == ["App reviews MENA"]
    ask = {"on": cast.mena_reviews.pk}
    for typed in ("Ali", cast.ali.email):
        assert not owner.get(give, ask | {"q": typed}).context["page"].rows, "typing finds nobody whom they do not see"
    found = owner.post(reverse("objects:find"), ask | {"mail": cast.ali.email.upper()})
    asked = parse_qs(urlsplit(found.url).query)
    to = {"to": cast.ali.principal_id}
    assert asked["to"] == [str(cast.ali.principal_id)]
    again = owner.get(reverse("objects:find"), ask | {"q": "Ali"})
    assert again.url == f"{give}?on={cast.mena_reviews.pk}&q=Ali", "the filter after a failed find chooses as before"
    failed = owner.post(reverse("objects:find"), ask | {"mail": "nobody@kestrelhome.example"}).content.decode()
    assert f'hx-get="{give}"' in failed
    assert "Ali Haddad" not in owner.get(give, ask | to).content.decode(), "an id alone names nobody to them"
    form = owner.get(found.url).context["form"]
    offered = set(form.fields["action"].queryset.values_list("key", flat=True))
    assert offered == {"feedback.view", "feedback.edit", "feedback.export", "feedback.delete"}
    answer = owner.post(give, gift(cast) | to | {"found": asked["found"][0]})
    assert gate.may(cast.ali, "feedback.view", cast.mena_reviews, at=clock.now())
    assert owner.get(answer.url).status_code == 200, "who shares a thing sees the grants on it"


def test_the_proof_of_having_found_somebody_is_good_for_nobody_else_and_for_an_hour(cast: Cast) -> None:
    for owner in (cast.chiara, cast.ivy):
        world.give_on(owner, "resource.give", cast.mena_reviews)
    client = signed_in(cast.chiara)
    ask = {"on": cast.mena_reviews.pk}
    url = client.post(reverse("objects:find"), ask | {"mail": cast.ali.email}).url
    proof = parse_qs(urlsplit(url).query)["found"][0]
    assert client.get(url).status_code == 200
    other = client.get(reverse("objects:give"), ask | {"to": cast.maya.principal_id, "found": proof})
    assert "Maya Okafor" not in other.content.decode()
    assert lookups.proven(cast.ivy, proof) is None
    assert lookups.proven(cast.chiara, proof + "x") is None
    with time_machine.travel(world.soon(hours=1, minutes=1)):
        assert lookups.proven(cast.chiara, proof) is None


def test_whoever_is_found_is_on_record_and_whom_one_sees_is_not(cast: Cast) -> None:
    world.give_on(cast.chiara, "resource.give", cast.mena_reviews)
    for who in (cast.chiara, cast.priya):
        signed_in(who).post(reverse("objects:find"), {"on": cast.mena_reviews.pk, "mail": cast.ali.email})
    told = Event.objects.get(tag=Tag.PERSON_FOUND)
    assert (told.actor, told.about_person_id) == (cast.chiara, cast.ali.pk)


def test_who_has_not_started_is_suspended_or_left_reads_like_nobody(cast: Cast) -> None:
    world.give_on(cast.chiara, "resource.give", cast.mena_reviews)
    client = signed_in(cast.chiara)
    for mail in (cast.nils.email, cast.sofia.email, cast.lena.email, "nobody@kestrelhome.example"):
        answer = client.post(reverse("objects:find"), {"on": cast.mena_reviews.pk, "mail": mail})
        assert (answer.status_code, "Nobody here has this address" in answer.content.decode()) == (422, True)
    assert not Event.objects.filter(tag=Tag.PERSON_FOUND).exists()


def test_addresses_cannot_be_tried_one_after_another(cast: Cast) -> None:
    """Hits and misses count alike; whom one sees anyway does not."""
    world.give_on(cast.chiara, "resource.give", cast.mena_reviews)
    world.give(cast.chiara, cast.people_reader, region=cast.dach)
    client = signed_in(cast.chiara)

    def find(mail: str) -> int:
        return client.post(reverse("objects:find"), {"on": cast.mena_reviews.pk, "mail": mail}).status_code

    assert [find(f"nobody{number}@kestrelhome.example") for number in range(lookups.TRIES.most - 1)] == [422] * 19
    assert find(cast.ali.email) == 302
    answer = client.post(reverse("objects:find"), {"on": cast.mena_reviews.pk, "mail": cast.ali.email})
    assert (answer.status_code, "Too many tries" in answer.content.decode()) == (422, True)
    assert find(cast.maya.email) == 302


def test_the_list_has_people_and_collectives_apart_with_filters(cast: Cast, priya: Client) -> None:
    world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    world.give_on(cast.ali, "feedback.edit", cast.german_reviews, until=world.soon(days=3))
    world.give_on(cast.care_dach, "feedback.view", cast.german_reviews)
    found = reverse("objects:list")

    def holders(**asked: object) -> list[str]:
        return [rows.principal_of(grant).label for grant in priya.get(found, asked).context["page"]]

    assert holders(sort="holder") == ["Ali Haddad", "Chiara Bellini"]
    assert holders(of="c") == ["Care DACH"]
    assert holders(q="MENA") == ["Chiara Bellini"]
    assert holders(view="soon") == ["Ali Haddad"]
    assert holders(thing=cast.german_reviews.pk) == ["Ali Haddad"]
    assert holders(holder=cast.chiara.principal_id) == ["Chiara Bellini"]
    assert holders(view="ended") == []
    assert holders(sort="-thing", of="nonsense", holder="x") == ["Chiara Bellini", "Ali Haddad"]


def test_a_region_sees_the_grants_of_its_own_people(cast: Cast) -> None:
    world.give_on(cast.ali, "feedback.edit", cast.german_reviews)
    world.give_on(cast.maya, "feedback.edit", cast.german_reviews)
    page = signed_in(cast.jonas).get(reverse("objects:list")).context["page"]
    assert [grant.user for grant in page] == [cast.maya]


def test_the_file_says_what_the_filters_keep_and_is_on_record(cast: Cast, priya: Client) -> None:
    world.give_on(cast.chiara, "feedback.view", cast.mena_reviews, reason="=1+1")
    answer = priya.post(reverse("objects:export") + "?q=chiara")
    text = b"".join(answer.streaming_content).decode()
    assert "Chiara Bellini" in text
    assert "feedback.view" in text
    assert ",=1+1" not in text
    assert Event.objects.get(tag="access.exported").additional_data["rows"] == 1


def test_ending_says_what_is_lost_and_what_comes_another_way(cast: Cast, priya: Client) -> None:
    world.give(cast.chiara, cast.feedback_reader)
    key = rows.key(world.give_on(cast.chiara, "feedback.edit", cast.mena_reviews))
    page = priya.get(reverse("objects:end", args=[key]))
    assert [one.key for one in page.context["effect"].lost] == ["feedback.edit"]
    assert [one.key for one in page.context["effect"].kept] == ["feedback.view"]
    assert priya.post(reverse("objects:end", args=[key]), {"reason": "Study is over"}).status_code == 302
    again = priya.post(reverse("objects:end", args=[key]), {"reason": "Once more"})
    assert again.status_code == 422
    assert "already ended this grant" in again.content.decode()


def test_ending_a_teams_counts_the_people(cast: Cast, priya: Client) -> None:
    key = rows.key(world.give_on(cast.insights_dach, "feedback.delete", cast.mena_reviews))
    effect = priya.get(reverse("objects:end", args=[key])).context["effect"]
    assert effect.people == 2
    assert {one.key for one in effect.lost} == {"feedback.delete", "feedback.view"}


def test_what_is_no_key_is_not_there(cast: Cast, priya: Client) -> None:
    for key in ("p999999", "x1", "p", "p1x", "c-1"):
        assert priya.get(f"/grants/things/{key}/").status_code == 404


def test_lists_cost_the_same_for_more_rows(cast: Cast, priya: Client) -> None:
    def cost(url: str) -> int:
        priya.get(url)
        with CaptureQueriesContext(connection) as queries:
            priya.get(url)
        return len(queries)

    one = world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    found, end = reverse("objects:list"), reverse("objects:end", args=[rows.key(one)])
    before = cost(found), cost(end)
    for number in range(20):
        thing = world.resource(f"Stream {number}", "feedback", region=cast.dach)
        world.give_on(world.person(f"Reader {number}", region=cast.dach), "feedback.view", thing)
        world.give_on(cast.chiara, "feedback.edit", thing)
    assert (cost(found), cost(end)) == before


def test_what_somebody_has_on_single_resources_stands_where_their_access_stands(cast: Cast, priya: Client) -> None:
    world.give_on(cast.maya, "feedback.edit", cast.mena_reviews, until=world.soon(days=3))
    world.give_on(cast.insights_dach, "feedback.delete", cast.german_reviews)
    world.give_on(cast.maya, "feedback.delete", cast.mena_reviews, until=world.soon(days=-3))
    page = priya.get(reverse("people:access", args=[cast.maya.pk]))
    things = page.context["things"]
    told = [[one.action.key for one in part] for part in (things.own, things.through, things.ended)]
    assert told == [["feedback.edit"], ["feedback.delete"], ["feedback.delete"]]
    assert "App reviews MENA" in page.content.decode()
    maya = signed_in(cast.maya)
    mine = maya.get(reverse("my-access"))
    assert [one.action.key for one in mine.context["things"].standing] == ["feedback.edit", "feedback.delete"]
    assert mine.context["ending"] == 1
    first = maya.get("/").content.decode()
    assert "2 permissions on single resources" in first
    asked = {"action": "feedback.edit", "resource": cast.mena_reviews.pk}
    assert maya.get(reverse("my-access-why"), asked).status_code == 200
    own = rows.key(PersonObjectGrant.objects.get(permission__catalogue_action__key="feedback.edit"))
    assert maya.get(reverse("objects:detail", args=[own])).status_code == 200, "one's own is one's own to read"
    for name in ("teams:roles", "teams:abilities"):
        shown = priya.get(reverse(name, args=[cast.insights_dach.pk])).content.decode()
        assert "App reviews Germany" in shown, name


def test_the_trail_tells_what_was_given_on_what(cast: Cast, priya: Client) -> None:
    priya.post(reverse("objects:give"), gift(cast))
    key = rows.key(PersonObjectGrant.objects.get(user=cast.chiara))
    priya.post(reverse("objects:change_end", args=[key]), {"lasts": "7", "reason": "Shorter"})
    priya.post(reverse("objects:end", args=[key]), {"reason": "Study is over"})
    events = Event.objects.filter(tag__startswith="object_grant.").order_by("pk")
    told = [str(story.sentence) for story in describe(events)]
    assert told[0].startswith("Priya Raman gave Chiara Bellini feedback.view on App reviews MENA until ")
    assert told[1].startswith(
        "Priya Raman changed the end of feedback.view on App reviews MENA of Chiara Bellini until "
    )
    assert told[2] == "Priya Raman ended feedback.view on App reviews MENA of Chiara Bellini"
    page = priya.get(reverse("objects:detail", args=[key])).content.decode()
    assert "Study is over" in page
    assert "Ended" in page


def test_a_resource_says_who_was_given_what_on_exactly_it(cast: Cast, priya: Client) -> None:
    board = world.resource("Morning board", region=cast.dach, owner=cast.chiara)
    world.give_on(cast.ali, "dashboard.view", board)
    world.give_on(cast.insights_dach, "dashboard.edit", board)
    world.give_on(cast.maya, "dashboard.view", board, until=world.soon(days=-2))
    url = reverse("resources:grants", args=[board.pk])
    people, collectives, ended = priya.get(url).context["parts"]
    assert [one.holder.label for one in people.found] == ["Ali Haddad"]
    assert [one.holder.label for one in collectives.found] == ["Insights DACH"]
    assert [one.holder.label for one in ended] == ["Maya Okafor"]
    owner = signed_in(cast.chiara)
    assert owner.get(url).status_code == 404, "owning without its right shows the page, not the grants"
    world.give_on(cast.chiara, "resource.give", board)
    shown = owner.get(url)
    assert "Ali Haddad" in shown.content.decode()
    assert f"{reverse('objects:give')}?on={board.pk}" in shown.content.decode()
    seen = signed_in(cast.jonas).get(url).context["parts"]
    assert [len(seen[0].found), len(seen[1].found)] == [0, 1], "jonas sees grants of holders in DACH alone"
