"""The user's keys: which of them hold, and what is said of the others."""

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Label

from riptui.tui import bindings, keymap
from riptui.tui.keymap import KnownBinding

KNOWN = {
    "app.quit": KnownBinding("q,ctrl+q", "App"),
    "app.help": KnownBinding("question_mark,f1", "App"),
    "tree.filter": KnownBinding("slash", "Tree"),
    "runs.mark": KnownBinding("m", "Tree"),
}


def holds(keys: dict[str, str]) -> dict[str, str]:
    """What they become, where nothing is wrong with them."""
    found, problems = keymap.check_keys(keys, KNOWN)
    assert problems == []
    return found


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("x", "x"),
        ("X", "X"),
        ("shift+x", "X"),
        ("!", "exclamation_mark"),
        ("+", "plus"),
        ("-", "minus"),
        ("comma", "comma"),
        ("é", "é"),
        ("Ctrl+S", "ctrl+s"),
        (" ctrl + pgdn ", "ctrl+pagedown"),
        ("shift+ctrl+up", "ctrl+shift+up"),
        ("Esc", "escape"),
        ("F5", "f5"),
        ("space", "space"),
        ("a,b , c", "a,b,c"),
    ],
)
def test_keys_can_be_written_as_people_do(written: str, key: str) -> None:
    assert holds({"app.quit": written}) == {"app.quit": key}


@pytest.mark.parametrize("written", ["", "x,", "foo", "ctrl+foo", "cmd+x", "ctrl++", "\x1b", "\u202e", "x y"])
def test_what_is_no_key_is_told_and_the_binding_keeps_its_own(written: str) -> None:
    found, problems = keymap.check_keys({"app.quit": written, "app.help": "h"}, KNOWN)
    assert found == {"app.help": "h"}
    [problem] = problems
    assert problem.startswith("keys: app.quit keeps q,ctrl+q: ")
    assert "; use e.g. x" in problem
    assert problem.isprintable()


def test_an_unknown_id_is_told_with_the_nearest_and_all() -> None:
    found, problems = keymap.check_keys({"tree.fliter": "f"}, KNOWN)
    assert found == {}
    assert problems == [
        "keys: unknown id 'tree.fliter'. Did you mean tree.filter? "
        "Available: app.quit, app.help, tree.filter, runs.mark"
    ]


def test_a_key_that_another_binding_of_the_scope_has_is_refused() -> None:
    found, problems = keymap.check_keys({"tree.filter": "f,m"}, KNOWN)
    assert found == {}
    assert problems == ["keys: tree.filter keeps slash: m belongs to runs.mark; change one of them"]


def test_of_two_that_want_one_key_the_first_gets_it() -> None:
    found, problems = keymap.check_keys({"runs.mark": "x", "tree.filter": "x"}, KNOWN)
    assert found == {"runs.mark": "x"}
    assert problems == ["keys: tree.filter keeps slash: x belongs to runs.mark; change one of them"]


def test_keys_can_be_exchanged_and_taken_over() -> None:
    assert holds({"tree.filter": "m", "runs.mark": "/"}) == {"tree.filter": "m", "runs.mark": "slash"}
    assert holds({"runs.mark": "x", "tree.filter": "m"}) == {"runs.mark": "x", "tree.filter": "m"}


def test_a_binding_that_keeps_its_keys_can_refuse_them_to_others() -> None:
    found, problems = keymap.check_keys({"tree.filter": "m", "runs.mark": "foo"}, KNOWN)
    assert found == {}
    assert [problem.split(" keeps ")[0] for problem in problems] == ["keys: runs.mark", "keys: tree.filter"]


def test_scopes_do_not_disturb_each_other() -> None:
    assert holds({"tree.filter": "q"}) == {"tree.filter": "q"}


def test_keys_that_a_terminal_cannot_tell_apart_are_one() -> None:
    _, problems = keymap.check_keys({"app.quit": "tab", "app.help": "ctrl+i"}, KNOWN)
    assert problems == ["keys: app.help keeps question_mark,f1: ctrl+i belongs to app.quit; change one of them"]


BINDINGS = [
    Binding("a", "exit_with('a')", "A", id="app.a"),
    Binding("b,c", "exit_with('b')", "B", id="app.b"),
    Binding("d", "exit_with('d')", "D"),
]


class Bound(App[str]):
    BINDINGS = [*BINDINGS]  # noqa: RUF012 - Textual's own way

    def __init__(self, keys: dict[str, str]) -> None:
        super().__init__()
        self.keys = keys
        self.problems: list[str] = []

    def compose(self) -> ComposeResult:
        yield Label("bound")

    def on_mount(self) -> None:
        keys, self.problems = keymap.check_keys(self.keys, keymap.bindings_by_id({"App": BINDINGS}))
        self.set_keymap(keys)

    def action_exit_with(self, what: str) -> None:
        self.exit(what)


def test_ids_are_collected_with_all_their_keys() -> None:
    assert keymap.bindings_by_id({"App": BINDINGS}) == {
        "app.a": KnownBinding("a", "App"),
        "app.b": KnownBinding("b,c", "App"),
    }


@pytest.mark.parametrize(
    ("keys", "pressed", "does"),
    [
        ({}, "a", "a"),
        ({"app.a": "?"}, "question_mark", "a"),
        ({"app.a": "b", "app.b": "a"}, "a", "b"),
        ({"app.a": "b", "app.b": "a"}, "b", "a"),
        ({"app.b": "x,y"}, "y", "b"),
        ({"app.a": "b"}, "b", "b"),
        ({"app.a": "x"}, "d", "d"),
    ],
)
async def test_the_app_follows_the_users_keys(keys: dict[str, str], pressed: str, does: str) -> None:
    app = Bound(keys)
    async with app.run_test() as pilot:
        await pilot.press(pressed)
    assert app.return_value == does
    assert bool(app.problems) == (keys == {"app.a": "b"})


async def test_what_a_key_does_is_told_with_the_users_other_keys() -> None:
    app = Bound({})
    async with app.run_test():
        tables = [binding for table in bindings.SCOPES.values() for binding in table]
        texts = {binding.id: keymap.describe_binding(app, binding) for binding in tables}
        assert texts["compute.stop"] == "Stop (p resumes)"
        assert texts["compare.large"] == "One large; ↑ and ↓ switch"
        assert not [text for text in texts.values() if "{" in text]
        app.set_keymap({"compute.pause": "f9"})
        [stop] = [binding for binding in tables if binding.id == "compute.stop"]
        assert keymap.describe_binding(app, stop) == "Stop (f9 resumes)"
