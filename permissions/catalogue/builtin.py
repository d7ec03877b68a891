"""The permissions every instance starts with: those of a CX platform, and those of this console itself.

A row of an action is: name, label, risk, purpose, what it exposes, example, what it implies (same type by name).
"""

from typing import NamedTuple

from cxaccess.lib.models import Risk

LOW, MEDIUM, HIGH, CRITICAL = Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL


class ActionRow(NamedTuple):
    """One permission and its why card."""

    name: str
    label: str
    risk: Risk
    purpose: str
    exposes: str
    example: str
    implies: tuple[str, ...] = ()


class TypeRow(NamedTuple):
    """One type of resource with its permissions, in the order the matrix shows them."""

    key: str
    label: str
    plural: str
    area: str
    summary: str
    console: bool
    fields: tuple[tuple[str, str, str], ...]
    actions: tuple[ActionRow, ...]


VOICE, SERVICE, CUSTOMERS, PLATFORM = "Customer voice", "Service", "Customers", "Platform"
ORGANISATION, ACCESS, PROOF, SYSTEM = "Organisation", "Access", "Proof", "System"
A = ActionRow

PLATFORM_TYPES: tuple[TypeRow, ...] = (
    TypeRow(
        "feedback", "Feedback stream", "Feedback streams", VOICE, "Comments and ratings as they arrive", False,
        (("comment", "Comment", "free_text"), ("score", "Score", "score"), ("email", "Mail", "email")),
        (
            A("view", "View", LOW, "Read what customers say", "Comments, scores, the channel they came by",
              "An analyst reads this week's app reviews"),
            A("edit", "Edit", MEDIUM, "Tag, translate and route feedback", "The same as view, changeable",
              "A coach corrects a wrong topic", ("view",)),
            A("export", "Export", HIGH, "Take feedback out of the platform", "Comments and contact details in a file",
              "A quarterly sample goes to an agency", ("view",)),
            A("delete", "Delete", HIGH, "Remove feedback for good", "Nothing; what is deleted is lost",
              "A customer withdraws consent", ("view",)),
        ),
    ),
    TypeRow(
        "survey", "Survey", "Surveys", VOICE, "Questions, sends, results", False,
        (("answer", "Answer", "free_text"), ("score", "Score", "score")),
        (
            A("view", "View", LOW, "See surveys and their results", "Questions and aggregated answers",
              "A manager checks the response rate"),
            A("edit", "Edit", MEDIUM, "Write and change surveys", "Questions, audiences", "A new question is added",
              ("view",)),
            A("send", "Send", HIGH, "Send a survey to customers", "Reaches customers by name",
              "The winter survey goes out", ("view",)),
            A("export", "Export", HIGH, "Take answers out of the platform", "Answers with the people who gave them",
              "Answers feed a statistics tool", ("view",)),
            A("delete", "Delete", HIGH, "Remove a survey with its answers", "Nothing; answers are lost",
              "A test survey is cleaned up", ("edit",)),
        ),
    ),
    TypeRow(
        "report", "Report", "Reports", VOICE, "Saved analyses", False, (),
        (
            A("view", "View", LOW, "Read analyses", "Aggregated figures", "A lead reads the weekly report"),
            A("edit", "Edit", MEDIUM, "Build and change analyses", "The data the report draws on",
              "A filter is changed", ("view",)),
            A("export", "Export", MEDIUM, "Take a report out as a file", "Figures, sometimes with comments",
              "Slides for the board", ("view",)),
            A("delete", "Delete", MEDIUM, "Remove a report", "Nothing", "An old report goes", ("edit",)),
        ),
    ),
    TypeRow(
        "ticket", "Ticket queue", "Ticket queues", SERVICE, "Conversations with customers", False,
        (("customer", "Customer", "name"), ("email", "Mail", "email"), ("phone", "Phone", "phone"),
         ("message", "Message", "free_text")),
        (
            A("view", "View", LOW, "Read conversations", "Names, contact details, messages",
              "An agent opens a case"),
            A("reply", "Reply", LOW, "Answer customers", "Speaks in the company's name", "An agent answers", ("view",)),
            A("assign", "Assign", MEDIUM, "Move cases between people and queues", "Who works on what",
              "A lead spreads the morning's cases", ("view",)),
            A("export", "Export", HIGH, "Take conversations out", "Messages and contact details in a file",
              "A legal request", ("view",)),
            A("delete", "Delete", HIGH, "Remove conversations", "Nothing; they are lost", "Spam is cleared",
              ("view",)),
        ),
    ),
    TypeRow(
        "article", "Knowledge article", "Knowledge articles", SERVICE, "Answers agents use", False, (),
        (
            A("view", "View", LOW, "Read the knowledge base", "Internal answers", "An agent looks up returns"),
            A("edit", "Edit", LOW, "Write and correct articles", "Internal answers", "A step is corrected", ("view",)),
            A("publish", "Publish", MEDIUM, "Make articles public", "The public help centre",
              "A new return policy goes live", ("edit",)),
        ),
    ),
    TypeRow(
        "profile", "Customer profile", "Customer profiles", CUSTOMERS, "Names, contacts, history", False,
        (("name", "Name", "name"), ("email", "Mail", "email"), ("phone", "Phone", "phone"),
         ("notes", "Notes", "free_text")),
        (
            A("view", "View", MEDIUM, "See who a customer is", "Name, contact details, orders, notes",
              "An agent checks an address"),
            A("edit", "Edit", MEDIUM, "Correct a customer's data", "The same, changeable", "A new phone number",
              ("view",)),
            A("export", "Export", CRITICAL, "Take customer data out", "Names, mails and phones in a file",
              "A data subject asks for their data", ("view",)),
            A("erase", "Erase", CRITICAL, "Erase a customer", "Nothing; the profile is lost",
              "A right-to-erasure request", ("view",)),
        ),
    ),
    TypeRow(
        "segment", "Segment", "Segments", CUSTOMERS, "Groups of customers", False, (),
        (
            A("view", "View", LOW, "See segments and their sizes", "Rules and counts", "A planner picks an audience"),
            A("edit", "Edit", MEDIUM, "Define segments", "Who is in which group", "A churn segment is refined",
              ("view",)),
            A("export", "Export", HIGH, "Take a segment's members out", "Names and mails in a file",
              "A mailing list for a partner", ("view",)),
        ),
    ),
    TypeRow(
        "dashboard", "Dashboard", "Dashboards", PLATFORM, "Charts people share", False, (),
        (
            A("view", "View", LOW, "Look at charts", "Aggregated figures", "A lead opens the morning board"),
            A("edit", "Edit", MEDIUM, "Build dashboards", "The data behind the charts", "A chart is added", ("view",)),
            A("share", "Share", MEDIUM, "Show a dashboard to others", "Its figures, to whoever gets it",
              "The board is shared with sales", ("view",)),
            A("delete", "Delete", MEDIUM, "Remove a dashboard", "Nothing", "A copy is removed", ("edit",)),
        ),
    ),
    TypeRow(
        "setting", "Platform setting", "Platform settings", PLATFORM, "How the CX platform works", False, (),
        (
            A("view", "View", LOW, "See how the platform is set", "Channels, hours, routing", "A lead checks hours"),
            A("edit", "Edit", HIGH, "Change how the platform works", "Routing of all cases",
              "Opening hours change", ("view",)),
        ),
    ),
    TypeRow(
        "integration", "Integration", "Integrations", PLATFORM, "Connected systems", False, (),
        (
            A("view", "View", LOW, "See what is connected", "Names of systems, health", "An operator checks a sync"),
            A("manage", "Manage", CRITICAL, "Connect systems and their keys", "Whatever the system may read",
              "A shop system is connected", ("view",)),
            A("edit", "Edit", HIGH, "Enter systems that ask this console, and say what each may ask about",
              "What anybody may do, to the system that asks", "The ticket system is let ask about tickets", ("view",)),
            A("issue", "Issue tokens", CRITICAL, "Make, rotate and revoke the tokens with which systems ask",
              "All that the system may ask, to whoever has the token", "A token runs out next week", ("edit",)),
        ),
    ),
    TypeRow(
        "entitlement", "Entitlement", "Entitlements", PLATFORM, "Single rights of an older system", False, (),
        (
            A("use", "Use", MEDIUM, "Do what the older system's right allows", "Whatever that right opens there",
              "A right that came over from the old platform"),
        ),
    ),
)  # fmt: skip

CONSOLE_TYPES: tuple[TypeRow, ...] = (
    TypeRow(
        "person", "Person", "People", ORGANISATION, "Everybody who works with the platform", True, (),
        (
            A("view", "View", LOW, "See people, their place and their access", "Names, mails, titles, roles",
              "A lead looks up a colleague"),
            A("create", "Create", MEDIUM, "Add people", "Nothing yet", "A new hire is added", ("view",)),
            A("edit", "Edit", MEDIUM, "Change where people belong", "Department, region, manager",
              "Somebody moves to another region", ("view",)),
            A("suspend", "Suspend", HIGH, "Stop and restart somebody's access", "All their access at once",
              "A laptop is stolen", ("view",)),
            A("offboard", "Offboard", HIGH, "Let people leave, at once or on a day, and put them on leave",
              "All their access ends; what they own goes to others", "Somebody's last day is Friday", ("view",)),
            A("export", "Export", MEDIUM, "Take the list of people out", "Names, mails, titles in a file",
              "HR compares lists", ("view",)),
        ),
    ),
    TypeRow(
        "team", "Team", "Teams", ORGANISATION, "People who work together", True, (),
        (
            A("view", "View", LOW, "See teams, members and what they can do", "Names, roles",
              "A lead checks a neighbour team"),
            A("create", "Create", MEDIUM, "Found teams", "Nothing yet", "A new squad starts", ("view",)),
            A("edit", "Edit", MEDIUM, "Change a team and where it belongs", "What reaches its members",
              "A team moves under another", ("view",)),
            A("manage_members", "Manage members", HIGH, "Add and remove members and leads",
              "Whatever the team holds", "A colleague joins", ("view",)),
        ),
    ),
    TypeRow(
        "group", "Group", "Groups", ORGANISATION, "People across teams, by hand or by rule", True, (),
        (
            A("view", "View", LOW, "See groups, their members and what they can do", "Names, roles, rules",
              "Who is in the incident group?"),
            A("create", "Create", MEDIUM, "Make groups", "Nothing yet", "A group for the winter launch", ("view",)),
            A("edit", "Edit", HIGH, "Change a group and the rule that says who is in it",
              "Whatever the group holds, to whomever the rule takes in", "Analysts of APAC are taken in", ("view",)),
            A("manage_members", "Manage members", HIGH, "Add and remove members and leads of a group by hand",
              "Whatever the group holds", "A colleague joins the pilot", ("view",)),
            A("export", "Export", MEDIUM, "Take the list of groups out", "Names, rules, sizes in a file",
              "An audit asks for all rules", ("view",)),
        ),
    ),
    TypeRow(
        "structure", "Structure", "Structure", ORGANISATION, "Departments, regions, product lines, segments", True, (),
        (
            A("view", "View", LOW, "See departments, regions, product lines and segments",
              "How the company is built", "Find the right region"),
            A("edit", "Edit", HIGH, "Change departments, regions, product lines and segments",
              "What every scope covers",
              "Austria moves under DACH", ("view",)),
        ),
    ),
    TypeRow(
        "role", "Role", "Roles", ACCESS, "Named sets of permissions", True, (),
        (
            A("view", "View", LOW, "See roles and who holds them", "What each role allows", "Pick the right role"),
            A("create", "Create", HIGH, "Make roles", "Nothing until given", "A role for a new team", ("view",)),
            A("edit", "Edit", CRITICAL, "Change what a role allows", "The access of everybody who holds it",
              "Export is taken out", ("view",)),
            A("retire", "Retire", HIGH, "Take a role out of use", "Nothing", "An old role goes", ("view",)),
            A("give", "Give", CRITICAL, "Give roles to people and teams, within a scope",
              "Any access within that scope", "An analyst gets a role for a month", ("view",)),
            A("give_onward", "Give onward", CRITICAL, "Pass on the right to give",
              "Makes further administrators", "A second administrator is named", ("give",)),
        ),
    ),
    TypeRow(
        "grant", "Grant", "Grants", ACCESS, "Who was given what, where and until when", True, (),
        (
            A("view", "View", LOW, "See who holds what and why", "Names and roles", "What ends this week?"),
            A("end", "End", HIGH, "End grants and change their end", "Takes access away", "A project is over",
              ("view",)),
            A("export", "Export", MEDIUM, "Take the list of grants out", "Who holds what and why, in a file",
              "An audit asks for the list", ("view",)),
        ),
    ),
    TypeRow(
        "policy", "Policy", "Policies", ACCESS, "Conditions that open, block or limit beside what is granted", True, (),
        (
            A("view", "View", MEDIUM, "Read policies, with every version of them", "What is watched for, and where",
              "Why can nobody export at night?"),
            A("edit", "Edit", HIGH, "Write policies and have them recorded, which enforces nothing",
              "Nothing: what is recorded decides nothing", "A draft for agents on unmanaged devices", ("view",)),
            A("enforce", "Enforce", CRITICAL, "Put policies in force and take them out of it",
              "The access of everybody they are about", "Exports are blocked outside office hours", ("edit",)),
        ),
    ),
    TypeRow(
        "birthright", "Birthright rule", "Birthright rules", ACCESS, "What people have by what they are", True, (),
        (
            A("view", "View", MEDIUM, "Read birthright rules, with every version of them",
              "Which access goes with which job", "What does an agent in DACH have from the first day?"),
            A("edit", "Edit", HIGH, "Write birthright rules, which puts nothing in force",
              "Nothing: a draft gives nothing", "A draft for the new team in Lisbon", ("view",)),
            A("enforce", "Put in force", CRITICAL, "Put birthright rules in force and retire them",
              "The access of everybody they are about", "Agents of EMEA have their role by rule from today",
              ("edit",)),
        ),
    ),
    TypeRow(
        "resource", "Resource", "Resources", ACCESS, "What is protected on the platform, and whose it is", True, (),
        (
            A("view", "View", LOW, "See which resources there are, where they belong and whose they are",
              "Names, places, owners and attributes; never the content", "A lead looks up who owns a queue"),
            A("create", "Create", MEDIUM, "Register resources", "Nothing yet", "A new feedback stream is registered",
              ("view",)),
            A("edit", "Edit", HIGH, "Change what is known of a resource and where it belongs",
              "Who reaches it: scopes follow its place", "A queue moves to another region", ("view",)),
            A("archive", "Archive", HIGH, "Take resources out of use, and bring them back",
              "Nothing; nobody can use what is archived", "An old survey is put away", ("view",)),
            A("give", "Give", HIGH, "Share exactly this resource: give what its type allows to others",
              "Whatever can be done with it", "The owner of a dashboard shares it with another team", ("view",)),
            A("export", "Export", MEDIUM, "Take the list of resources out",
              "Names, places and owners in a file; content only for whom its type's own export allows",
              "An audit asks what is protected", ("view",)),
        ),
    ),
    TypeRow(
        "catalogue", "Catalogue", "Catalogue", ACCESS, "All permissions with their why cards", True, (),
        (
            A("view", "View", LOW, "Read what each permission is for", "Nothing secret", "What does export expose?"),
            A("edit", "Edit", MEDIUM, "Write why cards, set risks", "What people are told", "An example is added",
              ("view",)),
            A("classify", "Classify", CRITICAL,
              "Say what kind of data a field holds, take a field out with all its values",
              "What was masked, if it is called harmless; what is taken out is lost",
              "A field called other turns out to hold phone numbers", ("edit",)),
        ),
    ),
    TypeRow(
        "access", "Access check", "Access checks", ACCESS, "Who may do what, and why", True, (),
        (A("check", "Check", MEDIUM, "Ask what anybody may do, now or in the past", "Everybody's access",
           "Why can Maya export feedback?"),),
    ),
    TypeRow(
        "usage", "Use", "Use", PROOF, "What people really did, and when last", True, (),
        (
            A("view", "View", MEDIUM, "See when somebody last used what they hold", "What people did, by day",
              "Which rights of this team are never used?"),
            A("import", "Import", HIGH, "Take in what a connected system counted", "Nothing; it says what people did",
              "Last night's counts of the ticket system", ("view",)),
        ),
    ),
    TypeRow(
        "import", "Import", "Imports", ACCESS, "Files that bring people, resources and rights in", True, (),
        (
            A("view", "View", MEDIUM, "See what was imported by whom, row by row", "What the files say of people",
              "An auditor follows where a right came from"),
            A("run", "Run", HIGH, "Bring files in: check them, look at the preview, apply them",
              "Nothing by itself: each row also takes the right to make that change by hand",
              "The monthly file of people from HR", ("view",)),
        ),
    ),
    TypeRow(
        "trail", "Audit trail", "Audit trail", PROOF, "What happened, for ever", True, (),
        (
            A("view", "View", MEDIUM, "Read the trail and histories", "Who did what, when",
              "An auditor follows a grant"),
            A("export", "Export", HIGH, "Take the trail out", "Who did what, in a file", "Evidence for an audit",
              ("view",)),
        ),
    ),
    TypeRow(
        "settings", "Console setting", "Console settings", SYSTEM, "How this console works", True, (),
        (
            A("view", "View", LOW, "See how the console is set", "Name, limits, sign-in", "Which zone is set?"),
            A("edit", "Edit", CRITICAL, "Change how the console works", "Sign-in and limits for everybody",
              "The session limit is lowered", ("view",)),
        ),
    ),
)  # fmt: skip

ALL_TYPES = PLATFORM_TYPES + CONSOLE_TYPES


def key(type_row: TypeRow, action: ActionRow) -> str:
    """Return the permission's key, ``type.name``."""
    return f"{type_row.key}.{action.name}"
