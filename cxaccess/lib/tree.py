"""Trees as parent pointers: numbering for subtree queries, ancestors, cycles. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping


def numbered(parents: Mapping[int, int | None], order: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """Return {id: (lft, rgt, depth)}, a nested-set numbering with siblings in the sequence of `order`.

    A subtree is ``lft BETWEEN node.lft AND node.rgt``. Raises ValueError on a cycle or an unknown parent.
    """
    children: dict[int | None, list[int]] = defaultdict(list)
    for node in order:
        children[parents[node]].append(node)
    numbers: dict[int, tuple[int, int, int]] = {}
    clock = 0
    stack: list[tuple[int, int, bool]] = [(root, 0, False) for root in reversed(children[None])]
    opened: dict[int, int] = {}
    while stack:
        node, depth, leaving = stack.pop()
        clock += 1
        if leaving:
            numbers[node] = (opened[node], clock, depth)
            continue
        opened[node] = clock
        stack.append((node, depth, True))
        stack.extend((child, depth + 1, False) for child in reversed(children[node]))
    if len(numbers) != len(parents):
        raise ValueError("The tree has a cycle or an unknown parent.")
    return numbers


def ancestors(parents: Mapping[int, int | None], node: int) -> tuple[int, ...]:
    """Return `node` and everything above it, nearest first. Stops at a repeated node rather than loop."""
    chain: list[int] = []
    here: int | None = node
    while here is not None and here not in chain:
        chain.append(here)
        here = parents.get(here)
    return tuple(chain)


def would_cycle(parents: Mapping[int, int | None], node: int, new_parent: int | None) -> bool:
    """Return whether putting `node` under `new_parent` would make it its own ancestor."""
    return new_parent is not None and node in ancestors(parents, new_parent)
