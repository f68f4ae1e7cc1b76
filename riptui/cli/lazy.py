"""Imports that wait until they are needed, so that help and completion import no command's work."""

import difflib
import functools
import os
import signal
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import rich_click as click
from click.exceptions import Exit
from click.shell_completion import CompletionItem

from riptui.cli.garbage import without_gc

BROKEN_PIPE = 128 + signal.SIGPIPE


def lazy(target: str) -> Callable[..., Any]:
    """A function, given as "module:name", that is imported when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        module, _, name = target.partition(":")
        with without_gc():
            work = getattr(import_module(module), name)
        return work(*args, **kwargs)

    return call


def command(target: str) -> Callable[[Callable[[], None]], click.Command]:
    """Make a command of its declaration, an empty function, and of the function "module:name" that does its work.

    The work takes the command's parameters by name and returns the exit code.
    """
    return lambda declaration: click.command()(functools.wraps(declaration)(lazy(target)))


class LazyGroup(click.RichGroup):
    """A group of the commands in one package: NAME is imported from PACKAGE.NAME when it runs or shows its help.

    `panels`: the short help of each command by name, by the panel of the group's help that lists it. `unlisted`:
    that of commands which neither help nor completion show. `default`: the command that runs if none is named.
    """

    def __init__(
        self,
        *args: Any,
        package: str,
        panels: Mapping[str, Mapping[str, str]],
        unlisted: Mapping[str, str] = MappingProxyType({}),
        default: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings.update(help_option_names=["-h", "--help"], max_content_width=100)
        self._package = package
        self._short_help = {name: text for commands in panels.values() for name, text in commands.items()}
        self._unlisted = unlisted
        self._default = default
        for panel, commands in panels.items():
            self.add_panel(click.RichCommandPanel(panel, commands=[*commands]))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if self._default and not self._names_command(ctx, args) and (args or not ctx.resilient_parsing):
            args = [self._default, *args]
        return super().parse_args(ctx, args)

    def _names_command(self, ctx: click.Context, args: list[str]) -> bool:
        """Whether the arguments begin with a command, also one that is mistyped, or with an option of the group."""
        if not args or args[0] in self._short_help:
            return bool(args)
        if args[0].startswith("-"):
            return not any(args[0] in parameter.opts for parameter in self.load_command(self._default).params)
        return bool(difflib.get_close_matches(args[0], self._short_help, n=1)) and not os.path.lexists(args[0])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Its commands and options, and what may follow the name of the default one."""
        found = super().shell_complete(ctx, incomplete)
        if self._default:
            default = self.load_command(self._default)
            with default.make_context(self._default, [], parent=ctx, resilient_parsing=True) as inner:
                for parameter in default.params:
                    if isinstance(parameter, click.Argument):
                        found += parameter.shell_complete(inner, incomplete)
                found += default.shell_complete(inner, incomplete)
        return list({item.value: item for item in found}.values())

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
        except click.NoSuchOption:  # after `--`: a file whose name begins with a dash
            raise
        except click.UsageError as error:
            advice = self._advise(ctx, args[0])
            raise click.UsageError(f"{error.format_message()} {advice}".strip(), ctx) from error
        return name, None if name is None else self.load_command(name), rest

    def _advise(self, ctx: click.Context, unknown: str) -> str:
        """What may have been meant by a word that is not a command: a similar one or, of `riptui RUNS`, a folder, which
        `browse` has taken if it is there."""
        is_of_app = ctx.parent is None and not unknown.startswith("-")
        if is_of_app and os.path.lexists(unknown):
            return "It is a file, and the app opens folders; riptui run repaints pictures."
        is_path = "/" in unknown or unknown.startswith((".", "~"))
        for suggestion in [] if is_path else difflib.get_close_matches(unknown, self._short_help, n=1):
            return f"Did you mean {suggestion}?"
        if not is_of_app:
            return ""
        return f"There is no folder {unknown} either, which the app would open."

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Click would call it a failure when the reader of its output, e.g. `head`, has closed it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise Exit(BROKEN_PIPE) from error
