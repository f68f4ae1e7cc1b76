"""Work that a screen starts in the background."""

import ast
from collections.abc import Iterator
from pathlib import Path

import riptui

PACKAGE = Path(riptui.__file__).parent


def coroutines_given_to_workers(tree: ast.Module, coroutine_functions: set[str]) -> Iterator[int]:
    """The lines of `run_worker(read())`, where `run_worker(read)` is meant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "run_worker":
            work = node.args[0]
            if isinstance(work, ast.Call) and ast.unparse(work.func).rpartition(".")[2] in coroutine_functions:
                yield node.lineno


def test_a_worker_makes_its_coroutine_itself() -> None:
    """One that never starts, because its screen closes first, would leave a coroutine that nobody awaits."""
    found = []
    for file in PACKAGE.rglob("*.py"):
        if "run_worker(" not in (source := file.read_text()):
            continue
        tree = ast.parse(source)
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
        found += [f"{file.relative_to(PACKAGE)}:{line}" for line in coroutines_given_to_workers(tree, functions)]
    assert found == []
    assert list(coroutines_given_to_workers(ast.parse("self.run_worker(self._read(1), exclusive=True)"), {"_read"}))
