"""Packages whose modules are imported when they are first used, as SciPy's are.

A file says `from riptui.inpainters import models` at its top, and `models.download.fetch(plan)` where it needs that:
the module `download`, and the packages of an extra that it imports, are loaded then. The package's `__init__` has

    __getattr__ = lazy_modules(__name__)

and imports the modules for type checkers alone. For modules that are slow to import, or that need an extra. A package
whose names come from such modules has `lazy_names` instead, so that importing one of its modules imports no other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import ModuleType

from riptui.extras import importing


def lazy_modules(package: str, *, feature: str = "", extra: str = "") -> Callable[[str], ModuleType]:
    """The `__getattr__` of a package: imports its module of that name.

    feature, extra: what needs the packages of which extra, for the error if they are missing or broken. Then the
    attribute raises MissingExtraError or BrokenExtraError.
    """

    def find(name: str) -> ModuleType:
        full_name = f"{package}.{name}"
        if not name.startswith("_"):
            try:
                with importing(feature, extra):
                    return import_module(full_name)
            except ModuleNotFoundError as error:
                if error.name != full_name:
                    raise
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find


def lazy_names(package: str, names: Mapping[str, Iterable[str]]) -> Callable[[str], object]:
    """The `__getattr__` of a package that exports `names` of its modules: imports the module of a name when it is used,
    and a module by its own name.
    """
    module_names = {name: module for module, exported in names.items() for name in exported}
    find_module = lazy_modules(package)

    def find(name: str) -> object:
        if name not in module_names:
            return find_module(name)
        value: object = getattr(find_module(module_names[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return find
