"""The budgets of the code, read from the code. A budget is a smoke detector: above it, say why in EXEMPT."""

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = ("cxaccess", "accounts", "permissions", "audits")
LONGEST_FILE, MEDIAN_FILE = 400, 120
LONGEST_FUNCTION, P90_FUNCTION, MOST_BRANCHES = 50, 25, 10
LONGEST_VIEW, LONGEST_TEMPLATE = 20, 150
BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension, ast.match_case)

# What is above a budget because it reads better so: "path" or "path:function" to the reason.
EXEMPT: dict[str, str] = {
    "cxaccess/settings.py": "one list of every deployment setting",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


PYTHON = [path for path in tracked(*(f"{app}/**.py" for app in APPS)) if "migrations" not in path.parts]
MIGRATIONS = [path for path in tracked("*/migrations/*.py") if path.name[0].isdigit()]
TEMPLATES = tracked("templates/**.html", "templates/**.txt")
TREES = {path: ast.parse(path.read_text()) for path in PYTHON}


def functions() -> Iterator[tuple[str, Path, Function]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{name_of(path)}:{node.name}", path, node


def length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def branches(node: Function) -> int:
    return sum(isinstance(inner, BRANCHES) for inner in ast.walk(node))


def is_view(path: Path, node: Function) -> bool:
    arguments = node.args.args
    return "views" in path.stem and bool(arguments) and arguments[0].arg == "request"


def above(found: dict[str, int], budget: int) -> dict[str, int]:
    return {name: count for name, count in found.items() if count > budget and name not in EXEMPT}


def test_there_is_something_to_measure():
    assert len(PYTHON) > 50
    assert len(TEMPLATES) > 10
    assert MIGRATIONS


def test_files():
    lines = {name_of(path): len(path.read_text().splitlines()) for path in PYTHON}
    assert above(lines, LONGEST_FILE) == {}
    assert statistics.median(count for count in lines.values() if count) <= MEDIAN_FILE


def test_functions():
    lengths = {name: length(node) for name, _, node in functions()}
    assert above(lengths, LONGEST_FUNCTION) == {}
    assert sorted(lengths.values())[int(len(lengths) * 0.9)] <= P90_FUNCTION


def test_branches():
    assert above({name: branches(node) for name, _, node in functions()}, MOST_BRANCHES) == {}


def test_views():
    lengths = {name: length(node) for name, path, node in functions() if is_view(path, node)}
    assert lengths
    assert above(lengths, LONGEST_VIEW) == {}


def test_templates():
    assert above({name_of(path): len(path.read_text().splitlines()) for path in TEMPLATES}, LONGEST_TEMPLATE) == {}


def test_public_functions_are_annotated():
    bare = []
    for name, _, node in functions():
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        untyped = [argument.arg for argument in arguments if argument.annotation is None]
        if not node.name.startswith("_") and (node.returns is None or set(untyped) - {"self", "cls"}):
            bare.append(name)
    assert bare == []


def test_nothing_is_left_to_do_and_nothing_is_imported_by_a_star():
    left, starred = [], []
    for path, tree in TREES.items():
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", path.read_text()):
            left.append(name_of(path))
        starred += [
            name_of(path)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        ]
    assert (left, starred) == ([], [])


def test_every_migration_is_named():
    assert [name_of(path) for path in MIGRATIONS if re.search(r"_auto_|_alter_|_\d{8}_", path.name)] == []


def test_every_exemption_is_needed_and_exists():
    known = {name_of(path) for path in PYTHON + TEMPLATES} | {name for name, _, _ in functions()}
    assert set(EXEMPT) <= known


def test_every_suppression_carries_its_reason():
    silent = []
    for path in PYTHON:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"# noqa(: [A-Z0-9, ]+)?\s*$", line):
                silent.append(f"{name_of(path)}:{number}")
    assert silent == []


@pytest.mark.parametrize("script", ["bin/up", "bin/test", "bin/lib.sh"])
def test_scripts_are_plain_sh(script):
    subprocess.run(["sh", "-n", script], cwd=ROOT, check=True)
    text = (ROOT / script).read_text()
    assert not re.search(r"\[\[|\blocal\b|\bfunction\b|<<<|\$'", text), "a shell of Debian's or a BSD's has none of it"


def test_the_lock_of_the_tests_holds_what_the_product_runs_with():
    pins = {
        name: set(re.findall(r"^([\w.-]+==\S+)", (ROOT / f"requirements/{name}.lock").read_text(), re.MULTILINE))
        for name in ("base", "dev")
    }
    assert pins["base"]
    assert pins["base"] <= pins["dev"]


def test_every_dependency_has_its_reason():
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[<>=]", requirement)[0] for requirement in named}
    record = (ROOT / "docs/decisions/0003-dependencies.md").read_text()
    assert {name for name in names if not re.search(rf"^\| [^|]*\b{name}\b", record, re.MULTILINE)} == set()


def test_every_variable_of_the_environment_is_explained():
    read = re.findall(r'"(CXACCESS_\w+|DATABASE\w*_URL|REDIS_URL)"', (ROOT / "cxaccess/settings.py").read_text())
    manual = (ROOT / "docs/operator.md").read_text()
    shortened = {name.removeprefix("CXACCESS_OIDC") for name in read}
    assert {name for name in shortened if name not in manual} == set()
