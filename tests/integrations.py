"""Connected systems for tests: straight into the tables, with a token that is known."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group as AuthGroup
from django.test import Client

from accounts.integrations import tokens
from accounts.models import Integration, IntegrationGrant, IntegrationToken, Principal
from permissions.models import Action, Resource, ResourceType
from tests import world

EVERYTHING = ("feedback.*", "ticket.*", "survey.*", "profile.*", "report.*")


def integration(
    name: str = "Ticket gateway", asks: Iterable[str] = EVERYTHING, *, system: str = "voice", reports: bool = False
) -> Integration:
    """Enter a connected system; `asks` are permissions, or "type.*"."""
    principal = Principal.objects.create(
        kind="integration", label=name, auth_group=AuthGroup.objects.create(name=uuid4().hex)
    )
    thing = Resource.objects.create(
        type=ResourceType.objects.get(key="integration"), external_id=f"integration:{principal.pk}", name=name,
        object_kind="integration", object_id=principal.pk, created_at=world.LONG_AGO,
    )  # fmt: skip
    made = Integration.objects.create(
        resource=thing, principal=principal, purpose="To be tested", system=system, reports_use=reports,
        created_at=world.LONG_AGO,
    )  # fmt: skip
    for asked in asks:
        allow(made, asked)
    return made


def allow(to: Integration, asked: str) -> IntegrationGrant:
    """Let it ask about a permission, or about everything of a type."""
    type_, _dot, name = asked.partition(".")
    action = None if name == "*" else Action.objects.get(key=asked)
    return IntegrationGrant.objects.create(
        integration=to, type=ResourceType.objects.get(key=type_), action=action, starts_at=world.LONG_AGO,
        given_at=world.LONG_AGO,
    )  # fmt: skip


def token(of: Integration, *, lasts: timedelta = timedelta(days=36500), **more: Any) -> str:
    """Give it a token and return its text."""
    made = tokens.make()
    IntegrationToken.objects.create(
        integration=of, prefix=made.prefix, digest=made.digest, created_at=world.LONG_AGO,
        expires_at=world.LONG_AGO + lasts, **more,
    )  # fmt: skip
    return made.text


class Caller:
    """A connected system that asks: `caller.ask("evaluation", {...})` returns (status, answer)."""

    def __init__(self, of: Integration | None = None, text: str | None = None) -> None:
        self.text = token(of or integration()) if text is None else text
        self.client = Client(enforce_csrf_checks=True)

    def send(self, endpoint: str, body: Any, **headers: str) -> Any:
        """Return the whole response."""
        sent = {key.replace("_", "-"): each for key, each in headers.items()} | {"Authorization": f"Bearer {self.text}"}
        return self.client.post(f"/access/v1/{endpoint}", body, content_type="application/json", headers=sent)

    def ask(self, endpoint: str, body: Any) -> tuple[int, Any]:
        """Return status and answer."""
        response = self.send(endpoint, body)
        return response.status_code, response.json()

    def may(self, subject: str, action: str, resource: tuple[str, str], **more: Any) -> bool:
        """Return the decision."""
        status, answer = self.ask("evaluation", question(subject, action, resource, **more))
        assert status == 200, answer
        return bool(answer["decision"])


def question(subject: str, action: str, resource: tuple[str, str], **more: Any) -> dict[str, Any]:
    """Return the body of one evaluation."""
    kind, pk = resource
    return {
        "subject": {"type": "user", "id": subject},
        "action": {"name": action},
        "resource": {"type": kind, "id": pk},
        **more,
    }
