"""The screens of imports, without a browser: a file with mistakes, mended, applied; and what a page costs."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess import uploads
from cxaccess.jobs.models import ImportBatch, ImportState
from cxaccess.lib import csv_in
from tests import world
from tests.importing import check, checked, received
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
FACTS = 16  # statements that a process runs once, but each request again within the transaction of a test
BAD = """Full name;E-Mail;Region
Ada Lee;ada@kestrelhome.example;Nowhere
Bea Ito;=cmd|x;Germany
Çem Öz;cem@kestrelhome.example;MENA
"""


@pytest.fixture
def priya(cast):
    return signed_in(cast.priya)


def post(client, page, batch, /, **data):
    return client.post(reverse(f"imports:{page}", kwargs={"pk": batch.pk}), data)


def upload(client, content, kind="people", **more):
    file = SimpleUploadedFile("people.csv", content.encode() if isinstance(content, str) else content)
    return client.post(reverse("imports:upload", kwargs={"kind": kind}), {"file": file, "encoding": "auto", **more})


def test_a_file_with_mistakes_is_shown_with_each_of_them(priya):
    answer = upload(priya, BAD, system="hr")
    batch = ImportBatch.objects.get()
    assert answer.url == reverse("imports:columns", kwargs={"pk": batch.pk})
    assert batch.mapping == {"name": 0, "email": 1, "region": 2}
    shown = priya.get(answer.url).content.decode()
    assert "semicolon" in shown
    assert "Ada Lee" in shown
    check(batch)
    page = priya.get(reverse("imports:detail", kwargs={"pk": batch.pk})).content.decode()
    assert "2 rows are refused" in page
    assert "There is no place “Nowhere”" in page
    assert "Apply 1 row" in page
    found = priya.get(reverse("imports:detail", kwargs={"pk": batch.pk}), {"verdict": "create", "q": "Öz"})
    assert "Çem Öz" in found.content.decode()


def test_the_refused_rows_come_as_a_file_that_can_be_mended(priya, cast):
    batch = checked(cast.priya, "people", BAD)
    answer = post(priya, "refusals", batch)
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0] == ["Line", "Column", "Value", "What is wrong", "Full name", "E-Mail", "Region"]
    assert rows[1][:3] == ["2", "Region", "Nowhere"]
    assert rows[2][2] == "'=cmd|x", "a spreadsheet does not run it"


def test_looking_at_imports_takes_no_refused_rows_out(priya, cast):
    """They hold what a file says of people: only who may bring in such a file mends them."""
    batch = checked(cast.priya, "people", BAD)
    page, file = (reverse(f"imports:{name}", kwargs={"pk": batch.pk}) for name in ("detail", "refusals"))
    otto = signed_in(cast.otto)
    shown = otto.get(page, {"verdict": "refuse"}).content.decode()
    assert "There is no place “Nowhere”" in shown
    assert file not in shown
    assert otto.post(file).status_code == 403
    assert not Event.objects.filter(tag=Tag.ACCESS_EXPORTED).exists()
    world.give(cast.otto, world.role("Runner of other imports", {"import.run", "resource.create"}))
    assert signed_in(cast.otto).post(file).status_code in (403, 404), "not of this kind"
    world.give(cast.otto, world.role("Adder of people", {"person.create"}))
    otto = signed_in(cast.otto)
    assert file in otto.get(page, {"verdict": "refuse"}).content.decode()
    assert otto.post(file).status_code == 200
    assert Event.objects.filter(tag=Tag.ACCESS_EXPORTED, actor=cast.otto, object_id=batch.pk).exists()
    assert file in priya.get(page, {"verdict": "refuse"}).content.decode()


def test_a_file_that_is_none_is_refused_beside_its_field(priya):
    answer = upload(priya, b"\x1f\x8b" + b"\x00" * 80)
    assert answer.status_code == 422
    assert "gzip" in answer.content.decode()
    assert not ImportBatch.objects.exists()


def test_refused_rows_are_left_out_only_when_that_is_said(priya, cast):
    batch = checked(cast.priya, "people", BAD)
    assert post(priya, "apply", batch).status_code == 422
    assert post(priya, "apply", batch, leave_out="on").status_code == 302
    batch.refresh_from_db()
    assert batch.state == ImportState.APPLYING


def test_much_access_is_given_only_when_the_number_is_typed(priya, cast):
    lines = "".join(f"u{n},p1\n" for n in range(60))
    batch = checked(cast.priya, "matrix", "user,permission\n" + lines, system="legacy")
    page = priya.get(reverse("imports:apply", kwargs={"pk": batch.pk})).content.decode()
    assert "Type 60 to confirm" in page
    assert post(priya, "apply", batch, typed="61").status_code == 422
    assert post(priya, "apply", batch, typed="60").status_code == 302


def test_what_goes_on_is_shown_and_the_page_renews_itself_when_it_is_over(priya, cast):
    batch = received(cast.priya, "people", BAD)
    post(priya, "columns", batch, name="0", email="1")
    address = reverse("imports:detail", kwargs={"pk": batch.pk})
    page = priya.get(address).content.decode()
    assert 'hx-trigger="every 1s"' in page
    assert "Waiting for a worker" in page
    asked = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "progress"}
    assert 'id="progress"' in priya.get(address, **asked).content.decode()
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportState.CANCELLED)
    assert priya.get(address, **asked).headers["HX-Refresh"] == "true"


def test_a_file_that_was_applied_before_is_recognised(priya, cast):
    from tests.importing import applied

    text = "name,email\nAda Lee,ada@kestrelhome.example\n"
    applied(cast.priya, "people", text)
    batch = checked(cast.priya, "people", text)
    page = priya.get(reverse("imports:detail", kwargs={"pk": batch.pk})).content.decode()
    assert "exactly this file before" in page
    assert "There is nothing to do" in page
    assert "Apply" not in page


def test_cancelled_is_cancelled(priya, cast):
    batch = checked(cast.priya, "people", BAD)
    assert post(priya, "cancel", batch).url == reverse("imports:list")
    assert post(priya, "cancel", batch).status_code == 409
    assert post(priya, "apply", batch, leave_out="on").url == reverse("imports:detail", kwargs={"pk": batch.pk})
    assert Person.objects.filter(email="cem@kestrelhome.example").count() == 0


def test_every_kind_has_an_example_that_it_can_read_itself(priya, cast):
    from permissions.imports.kinds import KINDS

    for key, kind in KINDS.items():
        answer = priya.get(reverse("imports:example", kwargs={"kind": key}))
        content = b"".join(answer.streaming_content)
        batch = received(cast.priya, key, content)
        assert {column.key for column in kind.columns() if column.required} <= batch.mapping.keys()
        assert len(batch.mapping) == len(batch.header), key


@pytest.mark.parametrize("verdict", ["create", "refuse"])
def test_a_page_costs_the_same_however_long_the_file_is(priya, cast, verdict):
    def queries(rows):
        good = "".join(f"P {n},p{n}@x.example,Germany\n" for n in range(rows))
        bad = "".join(f"Q {n},q{n}@x.example,Nowhere\n" for n in range(rows))
        batch = checked(cast.priya, "people", "name,email,region\n" + good + bad)
        with CaptureQueriesContext(connection) as caught:
            priya.get(reverse("imports:detail", kwargs={"pk": batch.pk}), {"verdict": verdict})
        return len(caught)

    few = queries(3)
    assert queries(200) == few
    assert few - FACTS <= 20


def test_the_list_costs_the_same_however_many_imports_there_are(priya, cast):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            priya.get(reverse("imports:list"))
        return len(caught)

    received(cast.priya, "people", BAD)
    few = queries()
    for _ in range(20):
        received(cast.priya, "people", BAD)
    assert queries() == few
    assert few - FACTS <= 20


def test_a_request_that_is_too_large_is_refused_before_it_is_read(priya, cast, monkeypatch):
    file = SimpleUploadedFile("big.csv", b"x" * (6 * 1024 * 1024))
    assert priya.post("/appearance/", {"file": file}).status_code == 413
    assert upload(priya, "name,email\n" + "x" * (6 * 1024 * 1024)).status_code != 413
    monkeypatch.setattr(uploads, "STANDARD", csv_in.Limits(size=1024))
    monkeypatch.setattr(uploads, "FORM", 0)
    assert upload(priya, "name,email\n" + "x" * 4096).status_code == 413
