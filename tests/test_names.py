"""One name, one thing: no class, type alias or module of the package shares its name with another."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import riptui
from riptui.cli import COMMANDS, UNLISTED_COMMANDS

PACKAGE = Path(riptui.__file__).parent
SHARED = {
    "__init__",
    "__main__",
    "registry",  # of inpainters, of metrics: alike on purpose
    "view",  # of a group, of a trajectory: the widget that its folder is about
}
"""Module names that several folders may have."""
MAX_INNER_IMPORTS = 42


def defined_types(tree: ast.Module) -> Iterator[str]:
    """Names of the module's classes, and of its type aliases (`Row = list[int]`)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name):
            name = target.id
            if name[0].isupper() and not name.isupper():
                yield name


def repeated(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: places for name, places in found.items() if len(places) > 1}


def test_every_class_and_type_alias_has_a_name_of_its_own() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(PACKAGE.rglob("*.py")):
        for name in defined_types(ast.parse(file.read_text())):
            found[name].append(str(file.relative_to(PACKAGE)))
    assert repeated(found) == {}


def test_every_module_has_a_name_of_its_own_but_for_the_files_of_commands() -> None:
    """A command's file is called as the command is, e.g. `riptui report` and `riptui study report`."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(PACKAGE.rglob("*.py")):
        place = file.relative_to(PACKAGE)
        if file.stem not in SHARED and place.parts[0] != "cli":
            found[file.stem].append(str(place))
    assert repeated(found) == {}
    assert COMMANDS.keys() >= {"report", "run"}


def inner_imports(tree: ast.Module) -> set[int]:
    """The lines of imports inside functions."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {
        node.lineno
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }


def test_imports_stand_at_the_top_of_files_but_for_a_few() -> None:
    """Those of slow packages, and of extras, where `riptui.lazy_modules` does not help. Make it fewer, not more."""
    assert sum(len(inner_imports(ast.parse(file.read_text()))) for file in PACKAGE.rglob("*.py")) <= MAX_INNER_IMPORTS


def modules_of(package: Path) -> list[str]:
    """The files and packages of a package; of the command line those that are not the work of one command."""
    files = {file.stem for file in package.glob("*.py") if file.stem not in ("__init__", "__main__")}
    files |= {file.parent.name for file in package.glob("*/__init__.py")}
    return sorted(files - ({*COMMANDS, *UNLISTED_COMMANDS} if package.name == "cli" else set()))


def test_every_package_says_what_each_of_its_files_is_for() -> None:
    for file in sorted(PACKAGE.glob("*/**/__init__.py")):
        text = ast.get_docstring(ast.parse(file.read_text())) or ""
        if file.parent.relative_to(PACKAGE).parts[:2] == ("cli", "commands"):
            continue  # a file for each command
        unnamed = [name for name in modules_of(file.parent) if not re.search(rf"\b{name}\b", text)]
        assert unnamed == [], f"say in {file.relative_to(PACKAGE)} what they are for"
