"""What a kind of import is: its columns, how a row is judged, how the judged rows are written.

A kind judges rows by the chunk: everything a chunk needs is read at once, so the number of queries follows the chunks
and not the rows. The same judgement runs twice, when the file is checked and again in the transaction that applies it.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.models import Person
from cxaccess.jobs.imports import Staged
from cxaccess.jobs.models import ImportBatch, Verdict
from permissions import facts, gate
from permissions.engine import Target
from permissions.guards import NotYet, passes

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CLEAR = "-"  # what a cell holds that empties a value; an empty cell changes nothing


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a kind knows. `also` are other names that headers give it; `example` fills the example file."""

    key: str
    label: "StrOrPromise"
    help: "StrOrPromise"
    example: str = ""
    also: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file: its line, and its cells by the key of their column."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, key: str) -> str:
        return self.cells.get(key, "")


@dataclass(slots=True)
class Judged:
    """What becomes of a row. `plan` is what would be written, exactly; `needs` are rows of the file it waits for.

    `key` is what others of the file refer to it by; None: the first of its names.
    """

    verdict: str
    message: str = ""
    column: str = ""
    plan: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    key: str | None = None


class Fault(Exception):
    """A row cannot be taken: what is wrong with which column, and what to do about it."""

    def __init__(self, message: "StrOrPromise", column: str = "") -> None:
        super().__init__(str(message))
        self.message, self.column = str(message), column

    @property
    def judged(self) -> Judged:
        """Return the refusal of the row."""
        return Judged(Verdict.REFUSE, self.message, self.column)


@dataclass
class Desk:
    """Where rows are judged: on whose behalf, as of when, and the answers that many rows ask for.

    `stands_in_file` returns those of some names that rows of the file have. `locking` holds what is read until
    the transaction ends. `kept` is what a kind remembers between chunks, `tally` what it counts beside the verdicts.
    """

    actor: Person
    batch: ImportBatch
    at: datetime
    tick: Callable[[], datetime]
    stands_in_file: Callable[[Iterable[str]], set[str]]
    locking: bool = False
    kept: dict[str, Any] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)

    def may(self, action: str, target: Target | None = None) -> bool:
        """Return whether the actor may do `action` to `target`; what lies at the same places is asked once.

        A policy may read more than places: where one judges the action, each is asked about.
        """
        model = facts.model(self.tick())
        if action in model.judging or (self.locking and action in model.watching):
            return self._judged(action, target)
        answers: dict[Any, bool] = self.kept.setdefault("may", {})
        asked: tuple[Any, ...] = (action,)
        if target is not None:
            asked = (action, target.type, target.resource, frozenset(target.places.items()))
        if asked not in answers:
            answers[asked] = gate.may(self.actor, action, target, at=self.tick())
        return answers[asked]

    def _judged(self, action: str, target: Target | None) -> bool:
        """Return the answer where a policy has a say. What is only looked up, lists show without its content, too."""
        if action.endswith(".view"):
            return gate.may(self.actor, action, target, at=self.tick())
        return self.rests(lambda: passes(self.actor, action, target, at=self.tick(), acted_on=self.locking))

    def rests(self, asked: Callable[[], bool]) -> bool:
        """Return whether a row may rest on what is `asked`. Raises Fault where a policy wants something first."""
        try:
            return asked()
        except NotYet as refusal:
            raise Fault(
                _("A policy asks for a fresh second factor, or for a reason, before this is done. A file cannot give "
                  "either: do it on its own page.")
            ) from refusal  # fmt: skip

    def once(self, name: str, read: Callable[[], Any]) -> Any:
        """Return what `read` returns, read once for the whole file."""
        if name not in self.kept:
            self.kept[name] = read()
        return self.kept[name]

    @property
    def source_ref(self) -> str:
        """Return what rows that came by this import carry."""
        return str(self.batch.pk)


class Kind(ABC):
    """One kind of file."""

    key: str
    label: "StrOrPromise"
    icon: str
    summary: "StrOrPromise"
    needs: tuple[str, ...]  # permissions without which such a file cannot do anything
    gives: bool = False  # whether somebody may gain access by it
    # What groups' rules may read of what it writes (accounts.groups.doors); None: everything, for there are new people.
    whole: bool = False  # `finish` writes everything from the staged rows in the database, not chunk by chunk
    reads: frozenset[str] | None = frozenset()
    repeats: bool = False  # whether a row may stand twice in a file; the second one is skipped
    titles: tuple[str, ...] = ("name",)  # columns by which a row is called
    lists: tuple[str, ...] = ()  # columns that hold several values, which a preview shows as they stand

    @abstractmethod
    def columns(self) -> tuple[Column, ...]:
        """Return the columns it knows; the first ones are those that matter most."""

    @abstractmethod
    def keys(self, line: Line, system: str) -> tuple[str, ...]:
        """Return what names the row within its file: a second row with one of them is about the same."""

    def names(self, line: Line, system: str) -> tuple[str, ...]:
        """Return what other rows of the file may refer to it by; none where no row refers to another."""
        return ()

    @abstractmethod
    def judge(self, desk: Desk, lines: Sequence[Line]) -> list[Judged]:
        """Return what becomes of each of `lines`. Reads only."""

    def settle(self, desk: Desk) -> dict[int, Judged]:
        """Return refusals, by line, that only show once all rows are known."""
        return {}

    def told(self, desk: Desk) -> dict[str, Any]:
        """Return what the preview says beside the counts: who gains, what comes along."""
        return dict(desk.tally)

    @abstractmethod
    def write(self, desk: Desk, rows: Sequence[Staged]) -> None:
        """Write rows whose plan holds, with their events and stamps, in the open transaction."""

    def finish(self, desk: Desk) -> None:  # noqa: B027 - most kinds have nothing left to do
        """Write what needs all rows to be there. Raises `Outdated` where they do not fit together any more."""


class Outdated(Exception):
    """What was checked is no longer what is there: the file has to be looked at again."""

    def __init__(self, lines: Sequence[int] = ()) -> None:
        super().__init__(f"{len(lines)} rows")
        self.lines = tuple(lines)


def chunked(items: Sequence[Any], size: int = 500) -> Iterable[Sequence[Any]]:
    """Yield `items` in parts that databases take as parameters."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
