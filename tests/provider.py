"""A real OpenID Connect provider, in a thread of the test run."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

CLIENT = "cx-access"


@dataclass
class Provider:
    """The provider and how the console knows it."""

    issuer: str
    name: str

    def has(self, subject: str, **claims: Any) -> None:
        """Let the provider know somebody."""
        answer = requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=5)
        answer.raise_for_status()


@contextmanager
def running(settings: Any) -> Iterator[Provider]:
    """Run the provider and have the console trust it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its libraries warn of themselves
        import oidc_provider_mock

        with oidc_provider_mock.run_server_in_thread() as server:
            issuer = f"http://localhost:{server.server_port}"
            name = f"localhost:{server.server_port}"
            app = {
                "provider_id": name,
                "name": "Kestrel ID",
                "client_id": CLIENT,
                "secret": "a secret of the tests",
                "settings": {"server_url": issuer},
            }
            settings.OIDC_ISSUER, settings.OIDC_PROVIDER, settings.OIDC_NAME = issuer, name, "Kestrel ID"
            settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
            policy = {key: list(value) for key, value in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()}
            policy["form-action"].append(issuer)
            settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy}
            yield Provider(issuer, name)
