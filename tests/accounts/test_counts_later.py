"""The counts beside views come later, as a part of their list: they are no use of their own and open nothing."""

import pytest
from django.urls import reverse

from accounts.models import Person
from permissions.models import UsageDay
from permissions.usage import reads
from tests.cast import Cast
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db


def uses(person: Person, action: str) -> int:
    reads.flush()
    rows = UsageDay.objects.filter(person=person, action__key=action)
    return sum(rows.values_list("count", flat=True))


@pytest.mark.parametrize("kind", ["people", "teams", "resources", "structure"])
def test_opening_a_list_with_its_counts_is_one_use(cast: Cast, kind: str) -> None:
    action = {
        "people": "person.view",
        "teams": "team.view",
        "resources": "resource.view",
        "structure": "structure.view",
    }[kind]
    client = signed_in(cast.priya)
    before = uses(cast.priya, action)
    client.get(reverse("structure:index" if kind == "structure" else f"{kind}:list"))
    assert client.get(reverse(f"{kind}:counts"), headers={"HX-Request": "true"}).status_code == 200
    assert uses(cast.priya, action) == before + 1


@pytest.mark.parametrize("kind", ["people", "teams", "resources", "structure"])
def test_who_may_not_open_the_list_gets_no_counts(cast: Cast, kind: str) -> None:
    answer = signed_in(cast.chiara).get(reverse(f"{kind}:counts"), headers={"HX-Request": "true"})
    assert answer.status_code == 404
