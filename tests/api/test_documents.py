"""What describes the API says what is there: metadata, OpenAPI, and the examples of the page for integrators."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from permissions.api.urls import urlpatterns
from tests.cast import Cast
from tests.integrations import integration, token

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/integrator.md").read_text()
DOCUMENT = json.loads((ROOT / "permissions/api/openapi.json").read_text())


def test_the_document_names_exactly_the_routes() -> None:
    routes = {reverse(f"api:{one.name}") for one in urlpatterns if one.name != "nothing"} | {
        reverse("authzen-configuration")
    }
    assert set(DOCUMENT["paths"]) == routes


def test_the_document_refers_only_to_what_it_holds() -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert named == set(DOCUMENT["components"]["schemas"])


def test_the_document_says_which_method_each_route_takes() -> None:
    client = Client()
    for path, methods in DOCUMENT["paths"].items():
        (method,) = methods
        other = client.post(path) if method == "get" else client.get(path)
        assert other.status_code == 405, path


def test_the_document_is_served_to_everybody(db: None) -> None:
    answer = Client().get("/access/v1/openapi.json")
    assert (answer.json(), answer.headers["Content-Type"]) == (DOCUMENT, "application/json")
    assert "max-age" in answer.headers["Cache-Control"]


def test_the_metadata_names_every_endpoint(db: None, settings: Any) -> None:
    settings.PUBLIC_URL = "https://access.example.com/"
    answer = Client().get("/.well-known/authzen-configuration")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "policy_decision_point": "https://access.example.com",
        "access_evaluation_endpoint": "https://access.example.com/access/v1/evaluation",
        "access_evaluations_endpoint": "https://access.example.com/access/v1/evaluations",
        "search_subject_endpoint": "https://access.example.com/access/v1/search/subject",
        "search_resource_endpoint": "https://access.example.com/access/v1/search/resource",
        "search_action_endpoint": "https://access.example.com/access/v1/search/action",
    }


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["sh", "python"])
def test_the_examples_of_the_page_run(cast: Cast, live_server: Any, language: str) -> None:
    """Each is run as it stands, with the address and the token from the environment, against a real server."""
    text = token(integration(asks=["feedback.*"], reports=True))
    given = {
        "ACCESS": live_server.url, "TOKEN": text, "PERSON": cast.maya.email, "THING": cast.german_reviews.external_id,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }  # fmt: skip
    run = {"sh": ["sh", "-eu", "-c"], "python": [sys.executable, "-c"]}[language]
    found = examples(language)
    assert found
    for example in found:
        done = subprocess.run([*run, example], env=given, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{example}\n{done.stderr}"
        assert "true" in done.stdout.lower() or "results" in done.stdout, done.stdout
