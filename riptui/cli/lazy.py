"""Imports that wait until they are needed, so that help and completion import no command's work."""

import difflib
import functools
import signal
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import rich_click as click
from click.exceptions import Exit

BROKEN_PIPE = 128 + signal.SIGPIPE


def lazy(target: str) -> Callable[..., Any]:
    """A function, given as "module:name", that is imported when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        module, _, name = target.partition(":")
        return getattr(import_module(module), name)(*args, **kwargs)

    return call


def command(target: str) -> Callable[[Callable[[], None]], click.Command]:
    """Make a command of its declaration, an empty function, and of the function "module:name" that does its work.

    The work takes the command's parameters by name and returns the exit code.
    """
    return lambda declaration: click.command()(functools.wraps(declaration)(lazy(target)))


class LazyGroup(click.RichGroup):
    """A group of the commands in one package: NAME is imported from PACKAGE.NAME when it runs or shows its help.

    `panels`: the short help of each command by name, by the panel of the group's help that lists it. `unlisted`:
    that of commands which neither help nor completion show.
    """

    def __init__(
        self,
        *args: Any,
        package: str,
        panels: Mapping[str, Mapping[str, str]],
        unlisted: Mapping[str, str] = MappingProxyType({}),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._short_help = {name: text for commands in panels.values() for name, text in commands.items()}
        self._unlisted = unlisted
        for panel, commands in panels.items():
            self.add_panel(click.RichCommandPanel(panel, commands=[*commands]))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._short_help)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command as far as the group's help and completion need it: its name and short help."""
        text = self._short_help.get(cmd_name, self._unlisted.get(cmd_name))
        return None if text is None else click.Command(cmd_name, short_help=text)

    def load_command(self, name: str) -> click.Command:
        """The whole command, imported."""
        command: click.Command = getattr(import_module(f"{self._package}.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            name, _, rest = super().resolve_command(ctx, args)
        except click.UsageError as error:
            for suggestion in difflib.get_close_matches(args[0], self._short_help, n=1):
                raise click.UsageError(f"{error.format_message()} Did you mean {suggestion}?", ctx) from error
            raise
        return name, None if name is None else self.load_command(name), rest

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Click would call it a failure when the reader of its output, e.g. `head`, has closed it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise Exit(BROKEN_PIPE) from error
