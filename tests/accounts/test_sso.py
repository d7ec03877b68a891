"""Single sign-on against a real provider: whose identity it is, and who may come in by it."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from django.test import Client

from accounts.models import Authenticator, FailureCount, Person, PersonState, Session
from accounts.signin import services
from accounts.signin.guards import FACTOR
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions import gate
from permissions.models import RoleGrant
from tests import world
from tests.cast import Cast
from tests.provider import Provider
from tests.sessions import with_authenticator

REFUSED = "/sign-in/refused/"


def come(client: Client, subject: str, **post: str) -> HttpResponse:
    """Sign in at the provider as `subject` and come back with the code."""
    there = client.post("/sign-in/sso/", post).headers["Location"]
    back = requests.post(there, data={"sub": subject}, allow_redirects=False, timeout=5).headers["Location"]
    return client.get(back.partition("http://testserver")[2])


def is_in(client: Client) -> bool:
    return client.get("/me/sessions/").status_code == 200


def link(person: Person, oidc: Provider, subject: str) -> None:
    SocialAccount.objects.create(user=person, provider=oidc.name, uid=subject)


def reasons() -> list[str]:
    return list(FailureCount.objects.values_list("reason", flat=True))


def test_a_linked_person_comes_in_and_nothing_of_the_claims_is_kept(cast: Cast, oidc: Provider) -> None:
    link(cast.chiara, oidc, "chiara-1")
    oidc.has("chiara-1", name="Somebody Else", email="other@elsewhere.example", email_verified=True)
    client = Client()
    assert come(client, "chiara-1", next="/me/sessions/").headers["Location"] == "/me/sessions/"
    assert is_in(client)
    assert Session.objects.get().method == "sso"
    assert SocialAccount.objects.get().extra_data == {}
    cast.chiara.refresh_from_db()
    assert (cast.chiara.name, cast.chiara.email) == ("Chiara Bellini", "chiara.bellini@kestrelhome.example")


def test_the_way_there_carries_a_challenge_and_no_secret(cast: Cast, oidc: Provider) -> None:
    there = parse_qs(urlsplit(Client().post("/sign-in/sso/").headers["Location"]).query)
    assert there["code_challenge_method"] == ["S256"]
    assert "code_challenge" in there
    assert "client_secret" not in there


def test_the_same_name_or_mail_is_not_the_same_person(cast: Cast, oidc: Provider) -> None:
    """By default not even a verified mail links an identity, let alone a name."""
    oidc.has("x", name="Priya Raman", preferred_username="priya.raman", email=cast.priya.email, email_verified=True)
    client = Client()
    assert come(client, "x").headers["Location"] == REFUSED
    assert not is_in(client)
    assert SocialAccount.objects.count() == 0
    assert reasons() == ["sso_unknown"]


def test_a_verified_mail_links_where_the_policy_says_so(cast: Cast, oidc: Provider, settings) -> None:
    settings.OIDC_LINK_VERIFIED_MAIL = True
    oidc.has("ivy-1", email=cast.ivy.email.upper(), email_verified=True)
    client = Client()
    come(client, "ivy-1")
    assert is_in(client)
    cast.ivy.refresh_from_db()
    assert cast.ivy.claimed_at is not None
    linked = Event.objects.get(tag=Tag.IDENTITY_LINKED)
    assert (linked.about_person_id, linked.additional_data["by"]) == (cast.ivy.pk, "mail")


@pytest.mark.parametrize("verified", [False, None, "true", "false", 1])
def test_a_mail_that_is_not_truly_verified_links_nothing(cast: Cast, oidc: Provider, settings, verified) -> None:
    settings.OIDC_LINK_VERIFIED_MAIL = True
    settings.OIDC_UNKNOWN = "admit"
    claims = {"email": cast.ivy.email} | ({} if verified is None else {"email_verified": verified})
    oidc.has("ivy-1", **claims)
    client = Client()
    come(client, "ivy-1")
    admitted = SocialAccount.objects.get().user
    assert admitted != cast.ivy
    assert admitted.email == "", "nobody gets a mail that the provider did not verify"


def test_a_stranger_is_refused_by_default(cast: Cast, oidc: Provider) -> None:
    before = Person.objects.count()
    client = Client()
    assert come(client, "stranger").headers["Location"] == REFUSED
    assert not is_in(client)
    assert Person.objects.count() == before


def test_an_admitted_stranger_holds_nothing(cast: Cast, oidc: Provider, settings) -> None:
    settings.OIDC_UNKNOWN = "admit"
    oidc.has("new-1", name="Noor Haddad", email="noor.haddad@kestrelhome.example", email_verified=True)
    client = Client()
    come(client, "new-1")
    assert is_in(client)
    noor = Person.objects.get(email="noor.haddad@kestrelhome.example")
    assert (noor.name, noor.has_usable_password()) == ("Noor Haddad", False)
    assert gate.held(noor, at=world.soon()) == frozenset()
    assert not RoleGrant.objects.filter(principal=noor.principal).exists()
    told = list(Event.objects.filter(about_person_id=noor.pk).order_by("id").values_list("tag", flat=True))
    assert told == [Tag.PERSON_CREATED, Tag.IDENTITY_LINKED, Tag.PERSON_CLAIMED, Tag.SIGN_IN]
    come(Client(), "new-1")
    assert Person.objects.filter(name="Noor Haddad").count() == 1


def test_admission_never_takes_somebodys_mail(cast: Cast, oidc: Provider, settings) -> None:
    settings.OIDC_UNKNOWN = "admit"
    oidc.has("x", email=cast.priya.email, email_verified=True)
    assert come(Client(), "x").headers["Location"] == REFUSED


@pytest.mark.parametrize("state", [PersonState.SUSPENDED, PersonState.LEFT, PersonState.PREHIRE, PersonState.LEAVE])
def test_who_is_not_active_does_not_come_in_half_way(cast: Cast, oidc: Provider, state: PersonState) -> None:
    link(cast.chiara, oidc, "chiara-1")
    with_authenticator(cast.chiara)
    Person.objects.filter(pk=cast.chiara.pk).update(state=state)
    client = Client()
    assert come(client, "chiara-1").headers["Location"] == REFUSED
    assert not is_in(client)
    assert "account_login" not in client.session, "no sign-in is under way"
    assert reasons() == ["sso_inactive"]


def test_the_second_factor_is_asked_for_after_single_sign_on_too(cast: Cast, oidc: Provider) -> None:
    link(cast.priya, oidc, "priya-1")
    device: Authenticator = with_authenticator(cast.priya)
    client = Client()
    assert come(client, "priya-1", next="/me/sessions/").headers["Location"] == "/sign-in/code/"
    assert not is_in(client)
    code = f"{device.totp(world.soon().timestamp()).token():06d}"
    assert client.post("/sign-in/code/", {"code": code}).headers["Location"] == "/me/sessions/"
    assert is_in(client)
    session = Session.objects.get()
    assert (session.method, session.factor) == ("sso", True)


def test_the_answers_of_the_provider_must_be_about_one_person() -> None:
    with pytest.raises(services.Unwelcome):
        services.claims_of({"id_token": {"sub": "a"}, "userinfo": {"sub": "b", "email": "x@y.example"}})


def test_an_answer_that_was_not_asked_for_signs_nobody_in(cast: Cast, oidc: Provider) -> None:
    link(cast.chiara, oidc, "chiara-1")
    client = Client()
    answer = client.get(f"/sign-in/sso/{oidc.name}/callback/?code=stolen&state=made-up")
    assert answer.status_code == 401
    assert "did not finish" in answer.text
    assert not is_in(client)


def test_a_provider_that_is_away_is_said_so(cast: Cast, oidc: Provider, settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://localhost:1"
    assert Client().post("/sign-in/sso/").status_code == 502


def test_without_a_provider_there_is_no_single_sign_on(cast: Cast) -> None:
    client = Client()
    assert client.post("/sign-in/sso/").status_code == 404
    assert "Continue with" not in client.get("/sign-in/").text


NOW = 1_790_000_000


@pytest.mark.parametrize(("token", "counts"), [
    ({"amr": ["pwd", "mfa"], "auth_time": NOW}, True),
    ({"amr": ["pwd", "mfa"]}, False),
    ({"amr": ["pwd"], "auth_time": NOW}, False),
    ({"amr": "mfa", "auth_time": NOW}, False),
    ({"amr": ["mfa"], "auth_time": "yesterday"}, False),
    ({"amr": ["mfa"], "auth_time": 10**20}, False),
    ({"acr": "mfa", "auth_time": NOW}, False),
])  # fmt: skip
def test_the_provider_says_itself_that_it_checked_a_second_factor_and_when(token, counts: bool) -> None:
    """What stands beside its signed word, in `userinfo`, does not count."""
    beside = {"sub": "x", "amr": ["mfa"], "auth_time": NOW}
    said = services.claims_of({"id_token": {"sub": "x", **token}, "userinfo": beside}).factor_at
    assert (said is not None) is counts
    assert said is None or said.timestamp() == NOW


@pytest.mark.parametrize("amr", [["pwd"], ["pwd", "mfa"]])
def test_a_second_factor_checked_by_the_provider_counts_from_when_it_was(cast: Cast, oidc: Provider, amr) -> None:
    link(cast.chiara, oidc, "chiara-1")
    oidc.has("chiara-1", amr=amr, auth_time=NOW)
    client = Client()
    come(client, "chiara-1")
    assert is_in(client)
    kept = client.session.get(FACTOR)
    assert (kept is not None) is ("mfa" in amr)
    assert kept is None or kept <= clock.now().isoformat()
