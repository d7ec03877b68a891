"""The API driven over a real socket by a public client of the standard: decern's, the one that PyPI has.

It speaks evaluations one by one; what it does not speak is asked with httpx.
"""

from typing import Any

import httpx
import pytest
from decern import Client, DecernError

from tests.cast import Cast
from tests.integrations import integration, token

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def user(mail: str) -> dict[str, Any]:
    return {"type": "user", "id": mail}


def test_a_public_client_gets_the_gates_answers(cast: Cast, live_server: Any) -> None:
    client = Client(live_server.url, token=token(integration()))
    german = {"type": "feedback", "id": cast.german_reviews.external_id}
    mena = {"type": "feedback", "id": cast.mena_reviews.external_id}
    assert client.evaluate(user(cast.maya.email), "view", german).allowed
    assert not client.evaluate(user(cast.maya.email), {"name": "view"}, mena, {"managed_device": True}).allowed
    assert client.evaluate(user(cast.maya.email), "view", mena).context["reason"] == "out_of_scope"


def test_a_public_client_is_told_that_its_token_opens_nothing(cast: Cast, live_server: Any) -> None:
    with pytest.raises(DecernError) as refused:
        Client(live_server.url, token="cxa_nothing").evaluate(user(cast.maya.email), "view", {"type": "x", "id": "1"})
    assert refused.value.status_code == 401


def test_metadata_leads_to_batches_and_searches(cast: Cast, live_server: Any, settings: Any) -> None:
    settings.PUBLIC_URL = live_server.url
    sent = {"Authorization": f"Bearer {token(integration())}", "X-Request-ID": "r-1"}
    places = httpx.get(f"{live_server.url}/.well-known/authzen-configuration").json()
    german = {"type": "feedback", "id": cast.german_reviews.external_id}
    asked = {"subject": user(cast.maya.email), "action": {"name": "view"}, "resource": german}
    several = httpx.post(places["access_evaluations_endpoint"], json={**asked, "evaluations": [{}, {}]}, headers=sent)
    assert [one["decision"] for one in several.json()["evaluations"]] == [True, True]
    assert several.headers["X-Request-ID"] == "r-1"
    found = httpx.post(places["search_subject_endpoint"], json=asked, headers=sent).json()["results"]
    assert user(cast.maya.email) in found
