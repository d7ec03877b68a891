"""Files of use: by the command and by the import screen, judged the same, taken in once."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions.models import RoleGrant, UsageBatch, UsageDay, UsageGrant
from permissions.usage import services
from permissions.usage.selectors import top_people
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

HEAD = "person,action,resource,time,count"
YESTERDAY = clock.now() - timedelta(days=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "use.csv"


def line(cast: Cast, *, person: str = "maya.okafor@kestrelhome.example", minute: int = 0, count: object = 1) -> str:
    at = YESTERDAY.replace(minute=minute)
    return f"{person},feedback.view,{cast.german_reviews.external_id},{at.isoformat()},{count}"


def written(file: Path, *lines: str, head: str = HEAD) -> Path:
    file.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    return file


def usage(file: Path, *more: str) -> tuple[str, str, int]:
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("usage", "import", str(file), "--system", "voice", *more, stdout=out, stderr=err)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return out.getvalue(), err.getvalue(), code


def total() -> int:
    return sum(UsageDay.objects.values_list("count", flat=True))


def test_a_file_is_taken_in_once(cast: Cast, file: Path) -> None:
    written(file, line(cast, count=3), line(cast, minute=1), line(cast, minute=1))
    out, _err, code = usage(file)
    assert code == 0
    assert "3 rows, 5 uses; 0 rows refused" in out
    assert total() == 5
    assert "nothing was added" in usage(file)[0]
    assert "nothing was added" in usage(file, "--batch", "another name")[0]
    assert total() == 5
    assert Event.objects.filter(tag=Tag.USAGE_TAKEN_IN).count() == 1


def test_a_dry_run_takes_nothing_in(cast: Cast, file: Path) -> None:
    assert "Nothing was taken in" in usage(written(file, line(cast)), "--dry-run")[0]
    assert not UsageBatch.objects.exists()


def test_refused_rows_are_named_and_hold_the_file_back(cast: Cast, file: Path) -> None:
    written(file, line(cast), line(cast, person="nobody@kestrelhome.example"))
    with pytest.raises(CommandError, match="Nothing was taken in"):
        usage(file)
    assert total() == 0
    out, err, code = usage(file, "--leave-out")
    assert code == 1
    assert "line 3, person = “nobody@kestrelhome.example”: Nobody here has this mail address" in err
    assert total() == 1
    assert "1 rows refused" in out


def test_what_is_no_such_file_is_refused_with_what_to_do(cast: Cast, file: Path) -> None:
    written(file, "x,y", head="person,action")
    with pytest.raises(CommandError, match="no column “resource”"):
        usage(file)
    file.write_bytes(b"PK\x03\x04 no text")
    with pytest.raises(CommandError, match="not CSV"):
        usage(file)
    written(file, line(cast), "one,two")
    with pytest.raises(CommandError, match="line 3"):
        usage(file)
    assert total() == 0


def test_a_long_file_is_taken_in_by_parts_and_goes_on_where_it_stopped(cast: Cast, file: Path, monkeypatch) -> None:
    from permissions.management.commands import usage as command

    monkeypatch.setattr(command, "MOST", 2)
    written(file, *[line(cast, minute=minute) for minute in range(5)], line(cast, minute=0), line(cast, minute=1))
    real = services.pen.add
    calls = []

    def broken(*args):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("pulled the plug")
        return real(*args)

    monkeypatch.setattr(services.pen, "add", broken)
    with pytest.raises(RuntimeError):
        usage(file)
    assert total() == 4
    assert "in 4 parts, 2 of them before" in usage(file)[0]
    assert total() == 7


def test_other_names_of_columns_and_other_separators_are_understood(cast: Cast, file: Path) -> None:
    lines = [line(cast).replace(",", ";").rpartition(";")[0]]
    written(file, *lines, head="User;Permission;Resource ID;Timestamp")
    usage(file)
    assert total() == 1


def test_the_import_screen_takes_the_same_files_in_by_the_same_rules(cast: Cast, file: Path) -> None:
    written(file, line(cast, count=3), line(cast, minute=1), line(cast, person="nobody@kestrelhome.example"))
    out, err = StringIO(), StringIO()

    def bring(*more: str) -> str:
        arguments = ["import", "usage", str(file), "--as", cast.priya.email, "--system", "voice", *more]
        with pytest.raises(SystemExit):
            call_command(*arguments, stdout=out, stderr=err)
        return out.getvalue()

    bring("--leave-out")
    assert "Nobody here has this mail address" in err.getvalue()
    assert total() == 4
    grant = RoleGrant.objects.get(principal=cast.insights_dach.principal)
    assert UsageGrant.objects.filter(grant=grant, person=cast.maya).exists()
    assert UsageBatch.objects.get().taken_by == cast.priya


def test_what_the_screen_took_in_the_command_does_not_count_again(cast: Cast, file: Path) -> None:
    written(file, line(cast, count=3), line(cast, minute=1))
    call_command("import", "usage", str(file), "--as", cast.priya.email, "--system", "voice", stdout=StringIO())
    assert "nothing was added" in usage(file)[0]
    out = StringIO()
    call_command("import", "usage", str(file), "--as", cast.priya.email, "--system", "voice", stdout=out)
    assert "Nothing to do" in out.getvalue()
    assert total() == 4


def test_a_resource_shows_how_it_is_used_and_by_whom(cast: Cast, file: Path) -> None:
    usage(written(file, line(cast, count=30)))
    seen = signed_in(cast.priya).get(f"/resources/{cast.german_reviews.pk}/use/").content.decode()
    assert "30 uses in the last 90 days" in seen
    assert "Maya Okafor" in seen
    assert signed_in(cast.maya).get(f"/resources/{cast.german_reviews.pk}/use/").status_code in (403, 404)


def test_an_owner_sees_how_much_but_not_by_whom(cast: Cast, file: Path) -> None:
    usage(written(file, line(cast, count=30)))
    cast.german_reviews.owner = cast.chiara
    cast.german_reviews.save()
    seen = signed_in(cast.chiara).get(f"/resources/{cast.german_reviews.pk}/use/").content.decode()
    assert "30 uses in the last 90 days" in seen
    assert "Maya Okafor" not in seen
    assert top_people(cast.german_reviews, cast.priya, at=clock.now())[0].of == cast.maya


def test_opening_a_resource_counts_as_what_it_shows(cast: Cast) -> None:
    from permissions.usage import reads

    world.give(cast.chiara, cast.feedback_reader)
    signed_in(cast.chiara).get(f"/resources/{cast.german_reviews.pk}/")
    signed_in(cast.otto).get(f"/resources/{cast.german_reviews.pk}/")
    reads.flush()
    found = set(UsageDay.objects.values_list("person", "action__key", "resource"))
    assert found == {
        (cast.chiara.pk, "feedback.view", cast.german_reviews.pk),
        (cast.otto.pk, "resource.view", cast.german_reviews.pk),
    }
