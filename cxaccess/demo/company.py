"""How Kestrel Home is built: its trees, teams and roles, as tables."""

from typing import NamedTuple

from cxaccess.lib.models import Risk

# code, name, parent; a region's code in capitals of two letters is a country
REGIONS = (
    ("global", "Global", ""), ("emea", "EMEA", "global"), ("amer", "AMER", "global"), ("apac", "APAC", "global"),
    ("dach", "DACH", "emea"), ("iberia", "Iberia", "emea"), ("nordics", "Nordics", "emea"),
    ("uki", "UK & Ireland", "emea"), ("frabene", "France & Benelux", "emea"), ("mena", "MENA", "emea"),
    ("na", "North America", "amer"), ("latam", "Latin America", "amer"),
    ("jpkr", "Japan & Korea", "apac"), ("anz", "Australia & New Zealand", "apac"), ("sasia", "South Asia", "apac"),
    ("DE", "Germany", "dach"), ("AT", "Austria", "dach"), ("CH", "Switzerland", "dach"),
    ("ES", "Spain", "iberia"), ("PT", "Portugal", "iberia"), ("IT", "Italy", "emea"),
    ("SE", "Sweden", "nordics"), ("NO", "Norway", "nordics"),
    ("DK", "Denmark", "nordics"), ("FI", "Finland", "nordics"),
    ("GB", "United Kingdom", "uki"), ("IE", "Ireland", "uki"),
    ("FR", "France", "frabene"), ("BE", "Belgium", "frabene"), ("NL", "Netherlands", "frabene"),
    ("AE", "United Arab Emirates", "mena"), ("EG", "Egypt", "mena"),
    ("US", "United States", "na"), ("CA", "Canada", "na"),
    ("BR", "Brazil", "latam"), ("MX", "Mexico", "latam"), ("AR", "Argentina", "latam"),
    ("JP", "Japan", "jpkr"), ("KR", "South Korea", "jpkr"),
    ("AU", "Australia", "anz"), ("NZ", "New Zealand", "anz"), ("IN", "India", "sasia"),
)  # fmt: skip
DEPARTMENTS = (
    ("office", "Customer office", ""),
    ("care", "Customer Care", "office"), ("front", "Front line", "care"), ("field", "Field service", "care"),
    ("parts", "Spare parts", "field"),
    ("insights", "CX Insights", "office"), ("analytics", "Analytics", "insights"),
    ("research", "Customer research", "insights"),
    ("platform", "CX Platform", "office"), ("loyalty", "Loyalty & campaigns", "office"),
    ("audit", "Audit & compliance", "office"),
)  # fmt: skip
PRODUCT_LINES = (
    ("large", "Large appliances", ""), ("cooling", "Cooling", "large"), ("laundry", "Laundry", "large"),
    ("small", "Small appliances", ""), ("kitchen", "Kitchen", "small"), ("floor", "Floor care", "small"),
)  # fmt: skip
SEGMENTS = (("households", "Households", ""), ("owners", "New owners", "households"), ("business", "Business", ""))
TREES = {"region": REGIONS, "department": DEPARTMENTS, "product_line": PRODUCT_LINES, "segment": SEGMENTS}


class TeamRow(NamedTuple):
    """One team. `holds` are the roles the team has, within its region; `lead` is a title, empty for none."""

    code: str
    name: str
    parent: str
    region: str
    department: str
    size: int
    lead: str
    title: str
    purpose: str
    holds: tuple[str, ...]


AGENT = ("support-agent",)
T = TeamRow
TEAMS = (
    T("care-emea", "Customer Care EMEA", "", "emea", "care", 3, "Head of customer care EMEA", "Operations manager",
      "Runs customer care in Europe, the Middle East and Africa", ("feedback-reader",)),
    T("care-dach", "Care DACH", "care-emea", "dach", "front", 26, "Team lead care DACH", "Support agent",
      "Answers customers in Germany, Austria and Switzerland", AGENT),
    T("care-iberia", "Care Iberia", "care-emea", "iberia", "front", 18, "Team lead care Iberia", "Support agent",
      "Answers customers in Spain and Portugal", AGENT),
    T("care-nordics", "Care Nordics", "care-emea", "nordics", "front", 18, "Team lead care Nordics", "Support agent",
      "Answers customers in the Nordic countries", AGENT),
    T("care-uki", "Care UK & Ireland", "care-emea", "uki", "front", 24, "Team lead care UK & Ireland",
      "Support agent", "Answers customers in the United Kingdom and Ireland", AGENT),
    T("care-frabene", "Care France & Benelux", "care-emea", "frabene", "front", 24, "Team lead care France & Benelux",
      "Support agent", "Answers customers in France, Belgium and the Netherlands", AGENT),
    T("care-mena", "Care MENA", "care-emea", "mena", "front", 14, "Team lead care MENA", "Support agent",
      "Answers customers in the Emirates and Egypt", AGENT),
    T("care-amer", "Customer Care AMER", "", "amer", "care", 3, "Head of customer care AMER", "Operations manager",
      "Runs customer care in the Americas", ("feedback-reader",)),
    T("care-na", "Care North America", "care-amer", "na", "front", 34, "Team lead care North America",
      "Support agent", "Answers customers in the United States and Canada", AGENT),
    T("care-latam", "Care Latin America", "care-amer", "latam", "front", 24, "Team lead care Latin America",
      "Support agent", "Answers customers in Brazil, Mexico and Argentina", AGENT),
    T("care-apac", "Customer Care APAC", "", "apac", "care", 3, "Head of customer care APAC", "Operations manager",
      "Runs customer care in Asia and the Pacific", ("feedback-reader",)),
    T("care-jpkr", "Care Japan & Korea", "care-apac", "jpkr", "front", 16, "Team lead care Japan & Korea",
      "Support agent", "Answers customers in Japan and South Korea", AGENT),
    T("care-anz", "Care Australia & New Zealand", "care-apac", "anz", "front", 14, "Team lead care ANZ",
      "Support agent", "Answers customers in Australia and New Zealand", AGENT),
    T("care-india", "Care South Asia", "care-apac", "sasia", "front", 26, "Team lead care South Asia",
      "Support agent", "Answers customers in India and takes the night shift for others", AGENT),
    T("insights", "CX Insights", "", "global", "insights", 4, "Director CX insights", "Insights partner",
      "Says what customers say, to everybody who decides", ("feedback-reader",)),
    T("insights-emea", "Insights EMEA", "insights", "emea", "analytics", 6, "Head of insights EMEA", "CX analyst",
      "Feedback, surveys and reports for EMEA", ("analyst",)),
    T("insights-dach", "Insights DACH", "insights-emea", "dach", "analytics", 8, "Team lead insights DACH",
      "CX analyst", "Feedback, surveys and reports for DACH", ("analyst",)),
    T("insights-amer", "Insights AMER", "insights", "amer", "analytics", 10, "Head of insights AMER", "CX analyst",
      "Feedback, surveys and reports for the Americas", ("analyst",)),
    T("insights-apac", "Insights APAC", "insights", "apac", "research", 8, "Head of insights APAC", "CX researcher",
      "Feedback, surveys and reports for Asia and the Pacific", ("analyst",)),
    T("platform", "Platform operations", "", "global", "platform", 10, "Head of platform operations",
      "Platform engineer", "Keeps the CX platform and what is connected to it running", ("platform-super-user",)),
    T("loyalty", "Loyalty & campaigns", "", "global", "loyalty", 14, "Head of loyalty", "Campaign manager",
      "Surveys, segments and campaigns for members of the loyalty scheme", ("survey-manager",)),
    T("field", "Field service dispatch", "", "emea", "field", 24, "Dispatch manager", "Dispatcher",
      "Sends technicians to customers in EMEA", AGENT),
    T("parts", "Spare parts desk", "field", "emea", "parts", 12, "", "Parts adviser",
      "Finds spare parts and answers for their delivery", AGENT),
    T("audit", "Internal audit", "", "global", "audit", 4, "Head of internal audit", "Internal auditor",
      "Checks that what is promised is done", ("auditor",)),
    T("access", "Access administration", "", "global", "platform", 4, "CX administrator", "CX administrator",
      "Administers this console", ()),
)  # fmt: skip


class GroupRow(NamedTuple):
    """One group across teams, made `days` ago. By hand, `members` are in it; else whoever meets all of the rest.

    `title` are job titles, `within` and `lines` codes of regions and product lines, `newer` days of employment.
    `holds` are roles with the region they are given for, empty for everywhere.
    """

    name: str
    purpose: str
    owner: str
    region: str
    days: int
    members: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    newer: int = 0
    holds: tuple[tuple[str, str], ...] = ()


G = GroupRow
GROUPS = (
    G(
        "Analysts of EMEA",
        "Everybody in EMEA who analyses what customers say",
        "Jonas Weber",
        "emea",
        61,
        title=("CX analyst", "Senior CX analyst"),
        within=("emea",),
        holds=(("feedback-reader", "emea"),),
    ),
    G(
        "Cooling people",
        "Whoever answers for cooling appliances, wherever they sit",
        "Priya Raman",
        "global",
        44,
        lines=("cooling",),
        holds=(("knowledge-editor", ""),),
    ),
    G(
        "New support agents",
        "Support agents in their first half year, for the buddy programme",
        "Rosa Lind",
        "global",
        30,
        title=("Support agent",),
        newer=180,
    ),
    G(
        "Winter launch",
        "Prepares the winter launch across teams",
        "Rosa Lind",
        "emea",
        21,
        members=("Jonas Weber", "Noah Fischer"),
        holds=(("survey-manager", "dach"),),
    ),
    G(
        "Incident desk",
        "Called when the platform is down",
        "Priya Raman",
        "global",
        300,
        members=("Priya Raman", "Rosa Lind"),
    ),
)
# Who answers for what beside their own place: how many of a team, and codes of places.
RANGES = (
    ("insights-dach", 4, ("DE", "AT")), ("insights-emea", 3, ("iberia", "frabene")), ("loyalty", 6, ("owners",)),
    ("parts", 7, ("cooling", "laundry")), ("field", 9, ("large",)), ("insights-apac", 3, ("kitchen", "jpkr")),
)  # fmt: skip


class RoleVersionRow(NamedTuple):
    """One version of a role, `days` before today: what it holds, what it includes, why it was made."""

    days: int
    actions: str
    includes: tuple[str, ...]
    note: str


class RoleRow(NamedTuple):
    """One role beyond the starter pack, with its versions, oldest first."""

    key: str
    name: str
    purpose: str
    risk: Risk
    owner: str
    versions: tuple[RoleVersionRow, ...]


V = RoleVersionRow
_READ = "person.view team.view structure.view role.view grant.view catalogue.view resource.view"
_REGIONAL = (
    f"{_READ} person.create person.edit person.suspend team.create team.edit team.manage_members role.give"
    " resource.create resource.edit resource.archive"
)
_PLATFORM = (
    "feedback.export feedback.delete feedback.edit survey.delete survey.send survey.export report.delete report.export"
    " ticket.reply ticket.assign ticket.export ticket.delete article.publish profile.edit profile.export segment.edit"
    " segment.export dashboard.delete dashboard.share setting.edit integration.manage"
)
ROLES = (
    RoleRow("feedback-reader", "Feedback reader", "Reads what customers say, and nothing else.", Risk.LOW, "insights",
            (V(416, "feedback.view dashboard.view", (), "First version"),)),
    RoleRow("knowledge-editor", "Knowledge editor", "Writes the answers that agents use and puts them online.",
            Risk.MEDIUM, "care-emea", (V(416, "article.publish", (), "First version"),)),
    RoleRow("survey-manager", "Survey manager", "Writes surveys, chooses who gets them and sends them out.",
            Risk.HIGH, "loyalty",
            (V(416, "survey.edit survey.export segment.view", ("feedback-reader",), "First version"),
             V(212, "survey.edit survey.send survey.export segment.view", ("feedback-reader",),
               "Sending was done with a shared account until now"),
             V(48, "survey.edit survey.send segment.view", ("feedback-reader",),
               "Answers leave only through the data steward"))),
    RoleRow("customer-data-steward", "Customer data steward",
            "Answers customers who ask for their data or want it erased.", Risk.CRITICAL, "audit",
            (V(416, "profile.edit profile.export profile.erase ticket.export resource.export", (), "First version"),)),
    RoleRow("auditor", "Auditor", "Reads everything in this console, the trail too, and changes nothing.", Risk.HIGH,
            "audit", (V(416, f"{_READ} access.check usage.view trail.export settings.view policy.view group.view"
              " integration.view", (), "First version"),)),
    RoleRow("regional-administrator", "Regional administrator",
            "Administers people, teams and grants of one region, and gives roles there.", Risk.CRITICAL, "access",
            (V(417, f"{_REGIONAL} grant.end", (), "First version"),
             V(130, f"{_REGIONAL} grant.end trail.view usage.view access.check", (),
               "Regions answer questions about access themselves"))),
    RoleRow("platform-super-user", "Platform super user",
            "Everything on the platform, everywhere. Made in the first week, to be replaced.", Risk.CRITICAL,
            "platform", (V(416, _PLATFORM, (), "Everything, until we know who needs what"),)),
    RoleRow("segment-planner", "Segment planner", "Defines segments for campaigns that were never run.", Risk.MEDIUM,
            "loyalty", (V(150, "segment.edit", ("feedback-reader",), "For the loyalty relaunch"),)),
)  # fmt: skip
# What two roles of the starter pack held before they became what they are.
EARLIER = {
    "analyst": V(418, "feedback.export report.edit report.export dashboard.edit survey.view", (), "First version"),
    "manager": V(418, "ticket.assign survey.edit report.edit person.view team.view", ("support-agent",),
                 "First version"),
}  # fmt: skip
LATER = {"analyst": (176, "Export of feedback taken out: nobody used it"), "manager": (95, "Leads keep their teams")}
