"""On random organisations with random policies the API's answer is the gate's, for one, for many, and in searches."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxaccess.lib import clock
from permissions import gate
from permissions.api.deciding import said
from permissions.authzen import moments
from permissions.models import Resource
from tests import policies
from tests.integrations import Caller, integration
from tests.organisation import TYPES, plans
from tests.permissions.test_engine_properties import examples, town

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
ACTIONS = ("view", "edit", "export", "delete", "levitate")
some = st.lists(policies.drawn, max_size=3)
sent = st.fixed_dictionaries(
    {},
    optional={
        "managed_device": st.sampled_from([True, False, None, "yes", [], {}]),
        "ip_address": st.sampled_from(["10.1.2.3", "192.0.2.7", "fd00::7", "nowhere", "", 7, ["10.1.2.3"]]),
        "time": st.sampled_from(["2026-06-15T05:00:00Z", "2026-06-15T12:00:00+02:00", "2026-06-15T12:00", "", 7, {}]),
        "country": st.sampled_from(["DE", "", 1.5, {"a": []}]),
        "factor_minutes": st.sampled_from([1, -1, "1", True]),
    },
)  # fmt: skip


@given(plan=plans, how=policies.people, what=policies.things, ruled=some, context=sent)
@examples(5, 100)
def test_the_api_answers_as_the_gate_does(plan, how, what, ruled, context) -> None:
    with town(plan) as org:
        policies.shape(org, how, what)
        policies.enact_drawn(org, ruled)
        caller = Caller(integration(asks=[f"{type_}.*" for type_ in TYPES]))
        at, moment = clock.now(), moments.context(context)
        asked = list(product(org.people, ACTIONS, org.resources))
        expected = [
            said(gate.decide(person, f"{thing.type.key}.{action}", thing, at=at, context=moment))[0]
            for person, action, thing in asked
        ]
        rows = [
            {
                "subject": {"type": "user", "id": person.email},
                "action": {"name": action},
                "resource": {"type": thing.type.key, "id": thing.external_id},
            }
            for person, action, thing in asked
        ]
        _status, answer = caller.ask("evaluations", {"context": context, "evaluations": rows})
        assert [one["decision"] for one in answer["evaluations"]] == expected
        for row, decision in list(zip(rows, expected, strict=True))[:6]:
            assert caller.ask("evaluation", row | {"context": context})[1]["decision"] is decision
        yes = {asked[n] for n, decision in enumerate(expected) if decision}
        for person, action, type_ in product(org.people[:2], ACTIONS[:3], TYPES):
            body = {
                "subject": {"type": "user", "id": person.email}, "action": {"name": action},
                "resource": {"type": type_}, "context": context,
            }  # fmt: skip
            found = {one["id"] for one in caller.ask("search/resource", body)[1]["results"]}
            shown = gate.visible(person, f"{type_}.{action}", Resource.objects.all(), at=at, context=moment)
            mine = {thing for who, named, thing in yes if (who, named) == (person, action)}
            assert found == {thing.external_id for thing in mine if thing.type.key == type_}
            assert found <= set(shown.values_list("external_id", flat=True))
        for thing in org.resources[:2]:
            body = {
                "subject": {"type": "user"}, "action": {"name": "view"},
                "resource": {"type": thing.type.key, "id": thing.external_id}, "context": context,
            }  # fmt: skip
            found = {one["id"] for one in caller.ask("search/subject", body)[1]["results"]}
            assert found == {who.email for who, action, what_ in yes if (action, what_) == ("view", thing)}
