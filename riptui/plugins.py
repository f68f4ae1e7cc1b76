"""Registries by name that other packages can add to, by entry points. Knows no inpainter and no metric.

The names come from the metadata of the installed packages; a package is imported only when one of its names is used:

    [project.entry-points."riptui.inpainters"]
    mean-colour = "mean_colour:INFO"
"""

from __future__ import annotations

import re
from collections.abc import Callable, ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

InfoT = TypeVar("InfoT")
InfoT_co = TypeVar("InfoT_co", covariant=True)

PLUGIN_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


class OwnInfos(Protocol[InfoT_co]):
    """What the user's settings add to a registry; it may change at any time."""

    def infos(self) -> Mapping[str, InfoT_co]: ...

    def problems(self) -> Mapping[str, str]:
        """Why others of the settings cannot be used, by name."""
        ...


def require_info(found: object, kind: type[InfoT]) -> InfoT:
    """What a plug-in's entry point names, checked: it is of that kind, which has a `target`, `module:factory`.

    Raises TypeError, ValueError.
    """
    if not isinstance(found, kind):
        article = "an" if kind.__name__[0] in "AEIO" else "a"
        raise TypeError(f"it must be {article} {kind.__name__}, not {type(found).__name__}")
    target: str = getattr(found, "target", "")
    module, _, factory = target.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), factory)):
        raise ValueError(f"its target must be module:factory, not {target!r}")
    return found


class Registry(MutableMapping[str, InfoT]):
    """Infos by name: the built-in ones, those of the user's settings, then those of plug-ins by name.

    Listing the names imports nothing; reading an info imports the plug-in's module that defines it. A broken plug-in is
    left out, and `find_problem` and `list_problems` say why.
    """

    def __init__(
        self,
        kind: str,
        built_in: Mapping[str, InfoT],
        adopt: Callable[[object, str], InfoT],
        own: OwnInfos[InfoT] | None = None,
        group: str = "",
    ) -> None:
        """kind: "inpainter" for the entry point group `riptui.inpainters`, unless `group` names another.

        adopt: checks the object that an entry point names and returns it as an info, given the package's name. It may
        raise any exception, whose message says what is wrong with the object.

        own: what the user's settings add. A name of the settings goes before a plug-in's, never before a built-in one.
        """
        self.kind = kind
        self._group = group or f"riptui.{kind}s"
        self.built_in = dict(built_in)
        """Without plug-ins. Help texts list these: reading the metadata of a hundred packages takes 20 ms."""
        self._adopt = adopt
        self._infos = dict(built_in)
        self._own = own
        self._plugin_infos: dict[str, InfoT] = {}
        self._problems: dict[str, str] = {}

    def __getitem__(self, name: str) -> InfoT:
        if name in self._infos:
            return self._infos[name]
        if name in (own := self.own_infos()):
            return own[name]
        if name not in self._plugin_infos and name in self._entry_points and name not in self._problems:
            self._load(name)
        return self._plugin_infos[name]

    def __setitem__(self, name: str, info: InfoT) -> None:
        self._infos[name] = info

    def __delitem__(self, name: str) -> None:
        del self._infos[name]

    def __iter__(self) -> Iterator[str]:
        first = dict.fromkeys([*self._infos, *self.own_infos()])
        yield from first
        yield from (name for name in self._entry_points if name not in self._problems and name not in first)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        if name in self._infos or name in self.own_infos():
            return True
        return name in self._entry_points and name not in self._problems

    def items(self) -> ItemsView[str, InfoT]:
        """Names and infos; imports the module of every plug-in that defines one."""
        return self._load_all().items()

    def values(self) -> ValuesView[InfoT]:
        """Infos; imports the module of every plug-in that defines one."""
        return self._load_all().values()

    def plugin_names(self) -> list[str]:
        """The plug-ins that can be used; imports the modules that define their infos."""
        own = self.own_infos()
        return [name for name in self._load_all() if name not in self._infos and name not in own]

    def own_infos(self) -> Mapping[str, InfoT]:
        """What the user's settings add, without names of built-in ones."""
        added = self._own.infos() if self._own else {}
        return {name: info for name, info in added.items() if name not in self._infos}

    def own_problems(self) -> dict[str, str]:
        """What is wrong with what the user's settings add, by name."""
        if not self._own:
            return {}
        taken = self._own.infos().keys() & self.built_in.keys()
        return dict(self._own.problems()) | {
            name: f"{name} of your settings is left out: riptui has a built-in {self.kind} of that name"
            for name in sorted(taken)
        }

    def find_problem(self, name: str) -> str:
        """Why a plug-in, or what the settings name so, cannot be used; "" if it can, or if there is none."""
        if name in self._infos:
            return ""
        if problem := self.own_problems().get(name, ""):
            return problem
        self.get(name)
        return self._problems.get(name, "")

    def list_problems(self) -> list[str]:
        """What is wrong with the installed plug-ins, a sentence each; imports all of them."""
        self._load_all()
        return list(self._problems.values())

    @cached_property
    def _entry_points(self) -> dict[str, EntryPoint]:
        from importlib.metadata import entry_points  # 20 ms that reading a built-in name does without

        found: dict[str, EntryPoint] = {}
        for entry_point in sorted(entry_points(group=self._group), key=lambda point: point.name):
            name = entry_point.name
            if not PLUGIN_NAME.fullmatch(name):
                self._report(entry_point, "a name has 1 to 64 of a-z 0-9 . - and starts with a letter or digit")
            elif name in self.built_in:
                self._report(entry_point, f"riptui has a built-in {self.kind} of that name", key=f"{name} (plug-in)")
            elif name in found:
                self._report(entry_point, f"{_distribution(found[name])} adds the same name", key=f"{name} (second)")
            else:
                found[name] = entry_point
        return found

    def _load(self, name: str) -> None:
        entry_point = self._entry_points[name]
        try:
            self._plugin_infos[name] = self._adopt(entry_point.load(), _distribution(entry_point))
        except Exception as error:  # of any kind: it is another package's code
            self._report(entry_point, " ".join(f"{type(error).__name__}: {error}".split())[:300])

    def _load_all(self) -> dict[str, InfoT]:
        return {name: info for name in [*self] if (info := self.get(name)) is not None}

    def _report(self, entry_point: EntryPoint, reason: str, *, key: str = "") -> None:
        self._problems[key or entry_point.name] = (
            f"the {self.kind} {entry_point.name} of the package {_distribution(entry_point)} is left out "
            f"({entry_point.value}): {reason}"
        )


def _distribution(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else "?"
