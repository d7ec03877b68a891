"""`manage.py import`: the same frame without a screen."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Person
from cxaccess.jobs.models import ImportBatch, ImportState
from permissions.models import PersonObjectGrant

pytestmark = pytest.mark.django_db
GOOD = "name,email\nAda Lee,ada@kestrelhome.example\n"
BAD = GOOD + "Bea Ito,nonsense\n"
PRIYA = "priya.raman@kestrelhome.example"


@pytest.fixture
def run(cast, tmp_path):
    def command(kind, text, **options):
        path = tmp_path / "file.csv"
        path.write_text(text)
        out, err = StringIO(), StringIO()
        code = 0
        try:
            call_command("import", kind, str(path), stdout=out, stderr=err, **{"mail": PRIYA, **options})
        except SystemExit as ended:
            code = ended.code
        return code, out.getvalue(), err.getvalue()

    return command


def people():
    return Person.objects.filter(email__startswith="ada@").count()


def test_it_checks_applies_and_says_what_it_did(run):
    code, out, _err = run("people", GOOD)
    assert (code, people()) == (0, 1)
    assert "Create           1" in out
    assert "MB at most" in out
    assert run("people", GOOD)[1].count("all is as the file says") == 1


def test_a_dry_run_changes_nothing(run):
    assert run("people", GOOD, dry_run=True)[0] == 0
    assert people() == 0
    assert ImportBatch.objects.get().state == ImportState.CANCELLED


def test_refused_rows_are_told_and_stop_it_unless_left_out(run):
    with pytest.raises(CommandError, match="left out"):
        run("people", BAD)
    assert people() == 0
    code, _out, err = run("people", BAD, leave_out=True)
    assert (code, people()) == (1, 1)
    assert "line 3, email = “nonsense”" in err


def test_a_file_that_is_none_fails_with_its_line(run):
    with pytest.raises(CommandError, match="Line 3: A quote opens"):
        run("people", GOOD + '"open\n')
    with pytest.raises(CommandError, match="which column holds: User"):
        run("matrix", "a,b\n1,2\n")


def test_it_is_done_on_somebodys_behalf(run, cast):
    run("matrix", "user,permission\nu1,p1\n", system="legacy")
    assert PersonObjectGrant.objects.get().given_by == cast.priya
    assert run("people", GOOD, mail="")[0] == 0, "the only administrator is meant"
    with pytest.raises(CommandError, match="Nobody has the mail"):
        run("people", GOOD, mail="nobody@x.example")
    with pytest.raises(CommandError, match="may not"):
        run("people", GOOD, mail=cast.maya.email)
