"""Kestrel Home with something of everything that a document of the model can hold."""

from accounts.models import Person
from cxaccess.lib import clock
from permissions.catalogue import types
from permissions.document import exporting
from permissions.models import AttributeDefinition, Role
from permissions.policies import services as policies
from permissions.policies.wording import Wording
from permissions.roles.rows import raise_risk
from tests import world
from tests.birthrights import gift as gift_of
from tests.birthrights import in_force


def export(*options):
    return exporting.document(set(options), at=clock.now())


def furnish(cast):
    """The cast with something of everything that a document can hold."""
    at = clock.now()
    raise_risk(Role.objects.values_list("pk", flat=True), actor=cast.priya, at=at)
    AttributeDefinition.objects.create(entity="subject", name="shift", label="Shift", type="choice", created_at=at,
                                       choices=[{"value": "early", "label": "Early"}])  # fmt: skip
    gift = types.create_type(cast.priya, key="gift", label="Gift", plural="Gifts", area="Care", at=at)
    types.add_field(cast.priya, type_=gift, name="taker", label="Taker", data_class="name", at=at)
    types.add_action(cast.priya, type_=gift, name="hand", label="Hand out", risk=2, purpose="Gifts", at=at,
                     implies=[gift.actions.get()])  # fmt: skip
    Person.objects.filter(pk=cast.maya.pk).update(custom={"shift": "early"}, clearance=3)
    world.answers(cast.jonas, cast.dach)
    world.group("Friends")
    rule = {"attribute": "subject.region", "operator": "within", "value": [cast.dach.pk]}
    world.group("People of DACH", rule)
    world.give_on(cast.chiara, "feedback.view", cast.german_reviews)
    world.give_on(cast.insights_dach, "team.view", cast.care_dach.resource)
    says = Wording(
        "only",
        {"types": ["ticket"], "teams": [cast.insights_dach.pk, cast.care_emea.pk]},
        {"all": [{"attribute": "resource.region", "operator": "within", "value": [cast.emea.pk]},
                 {"attribute": "subject.manager", "operator": "equals", "value": cast.jonas.pk},
                 {"attribute": "resource.sensitivity", "operator": "at_most", "value": 3}]},
        [{"kind": "mask", "data_classes": ["phone"], "fields": [],
          "unless": {"attribute": "subject.title", "operator": "equals", "value": "Care lead"}}],
    )  # fmt: skip
    made = policies.create_policy(cast.priya, name="EMEA", purpose="EMEA alone", owner=cast.priya, says=says, at=at)
    policies.enforce_policy(cast.priya, policy=made, row_version=made.row_version, reason="Agreed", at=at)
    gives = [gift_of(cast.feedback_reader, "region", department=cast.care), gift_of(cast.care_emea)]
    rule = {"attribute": "subject.region", "operator": "within", "value": [cast.mena.pk]}
    in_force(cast.priya, rule, gives, "People of MENA")
    return cast
