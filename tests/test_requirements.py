"""What the package imports is what it says that it needs: an environment for developers has more, and hides a gap."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOR_DEVELOPERS = {"dev", "test"}
WITH_OTHERS = {"anyio": "httpx2", "click": "rich-click", "fsspec": "datasets", "scipy": "scikit-image"}
"""What a requirement is built on, and brings along."""


def imported(tree: ast.AST) -> Iterator[str]:
    """The top packages that are imported at run time."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield from imported(ast.Module([other], []))
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]
        else:
            yield from imported(node)


def required() -> set[str]:
    """The names of all requirements, but for those of developers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [line for name in extras if name not in FOR_DEVELOPERS for line in extras[name]]
    return {normal(re.split(r"[<>=\[;~ ]", line)[0]) for line in [*project["dependencies"], *lines]}


def normal(distribution: str) -> str:
    return distribution.lower().replace("_", "-")


@pytest.mark.slow
def test_each_package_that_is_imported_is_required() -> None:
    found: dict[str, list[str]] = {}
    for path in (ROOT / "riptui").rglob("*.py"):
        for name in set(imported(ast.parse(path.read_text()))) - set(sys.stdlib_module_names) - {"riptui"}:
            found.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    assert "numpy" in found
    assert "jaxtyping" not in found, "at run time arrays are plain: import from riptui.arrays"
    distributions, requirements = packages_distributions(), required()
    unknown = {
        name: paths
        for name, paths in found.items()
        if name in distributions and not {*map(normal, distributions[name]), WITH_OTHERS.get(name, "")} & requirements
    }
    assert unknown == {}
