"""The people of the stories, each with one meaning. `Cast` builds them all; a test names whom it needs."""

from dataclasses import dataclass

from accounts.models import Node, NodeKind, Person, PersonState, Team
from cxaccess.lib.models import Risk
from permissions.models import Action, Resource, Role
from tests import world


@dataclass
class Cast:
    """Kestrel Home, small: regions three deep, two departments, three teams, the roles that the stories need."""

    # places
    world_: Node
    emea: Node
    dach: Node
    germany: Node
    mena: Node
    care: Node
    insights: Node
    # teams
    care_emea: Team
    care_dach: Team
    insights_dach: Team
    # roles
    administrator: Role
    regional_admin: Role
    people_reader: Role
    auditor: Role
    team_lead: Role
    feedback_reader: Role
    analyst: Role
    agent: Role
    # things
    german_reviews: Resource
    mena_reviews: Resource
    # people
    priya: Person  # administers everything, everywhere, without end
    rosa: Person  # administers EMEA only
    jonas: Person  # leads Insights DACH; sees people of DACH
    maya: Person  # analyst; what she may do comes from her team Insights DACH
    ali: Person  # support agent in MENA, given to him directly
    chiara: Person  # active, holds nothing at all
    otto: Person  # auditor: reads everything, changes nothing
    sofia: Person  # suspended, still holding the administrator role
    lena: Person  # left the company
    nils: Person  # has not started yet
    ivy: Person  # imported: active, but unclaimed


def build() -> Cast:
    """Make Kestrel Home and its people."""
    world_ = world.node("World")
    emea = world.node("EMEA", world_)
    dach = world.node("DACH", emea)
    germany = world.node("Germany", dach)
    mena = world.node("MENA", emea)
    care = world.node("Customer Care", kind=NodeKind.DEPARTMENT)
    insights = world.node("CX Insights", kind=NodeKind.DEPARTMENT)
    care_emea = world.team("Care EMEA", region=emea, department=care)
    care_dach = world.team("Care DACH", care_emea, region=dach, department=care)
    insights_dach = world.team("Insights DACH", region=dach, department=insights)

    everything = set(Action.objects.values_list("key", flat=True))
    console = {"person", "team", "structure", "role", "grant", "resource", "catalogue", "access", "trail", "settings"}
    console |= {"group", "usage", "import", "policy", "birthright", "integration"}
    administrator = world.role(
        "Administrator", {key for key in everything if key.split(".")[0] in console}, risk=Risk.CRITICAL
    )
    people_reader = world.role(
        "People reader", {"person.view", "team.view", "group.view", "structure.view", "grant.view"}
    )
    regional_admin = world.role(
        "Regional administrator",
        {
            "person.create",
            "person.edit",
            "person.suspend",
            "team.edit",
            "team.manage_members",
            "group.edit",
            "group.manage_members",
            "role.give",
            "grant.end",
            "resource.create",
            "resource.edit",
            "resource.archive",
            "resource.export",
            "usage.view",
        },
        [people_reader],
        risk=Risk.HIGH,
    )
    auditor = world.role(
        "Auditor",
        {key for key in everything if key.endswith(".view") and key.split(".")[0] in console}
        | {"access.check", "trail.export"},
        risk=Risk.MEDIUM,
    )
    team_lead = world.role("Team lead", {"team.manage_members", "usage.view"}, [people_reader], risk=Risk.MEDIUM)
    feedback_reader = world.role("Feedback reader", {"feedback.view"})
    analyst = world.role("Analyst", {"report.edit", "feedback.export"}, [feedback_reader], risk=Risk.HIGH)
    agent = world.role("Agent", {"ticket.reply", "article.view"})

    def someone(name: str, region: Node, department: Node = care, **more: object) -> Person:
        return world.person(name, region=region, department=department, **more)

    priya = someone("Priya Raman", world_, insights, title="CX administrator")
    rosa = someone("Rosa Lind", emea, title="Head of operations EMEA")
    jonas = someone("Jonas Weber", dach, insights, title="Team lead")
    cast = Cast(
        world_=world_,
        emea=emea,
        dach=dach,
        germany=germany,
        mena=mena,
        care=care,
        insights=insights,
        care_emea=care_emea,
        care_dach=care_dach,
        insights_dach=insights_dach,
        administrator=administrator,
        regional_admin=regional_admin,
        people_reader=people_reader,
        auditor=auditor,
        team_lead=team_lead,
        feedback_reader=feedback_reader,
        analyst=analyst,
        agent=agent,
        german_reviews=world.resource("App reviews Germany", "feedback", region=germany),
        mena_reviews=world.resource("App reviews MENA", "feedback", region=mena),
        priya=priya,
        rosa=rosa,
        jonas=jonas,
        maya=someone("Maya Okafor", germany, insights, title="Senior CX analyst", manager=jonas),
        ali=someone("Ali Haddad", mena, title="Support agent"),
        chiara=someone("Chiara Bellini", emea, title="CX researcher"),
        otto=someone("Otto Lang", world_, insights, title="Internal auditor"),
        sofia=someone("Sofia Lindqvist", emea, state=PersonState.SUSPENDED),
        lena=someone("Lena Horn", dach, state=PersonState.LEFT),
        nils=someone("Nils Berg", dach, state=PersonState.PREHIRE),
        ivy=someone("Ivy Park", mena, claimed=False),
    )
    _grants(cast)
    return cast


def _grants(cast: Cast) -> None:
    world.give(cast.priya, cast.administrator)
    world.give(cast.sofia, cast.administrator)
    world.give(cast.rosa, cast.regional_admin, region=cast.emea)
    world.give(cast.otto, cast.auditor)
    world.join(cast.jonas, cast.insights_dach, part="lead")
    world.give(cast.jonas, cast.team_lead, region=cast.dach)
    world.join(cast.maya, cast.insights_dach)
    world.give(cast.insights_dach, cast.analyst, region=cast.dach)
    world.give(cast.ali, cast.agent, region=cast.mena)
