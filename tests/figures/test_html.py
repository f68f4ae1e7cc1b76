"""report.html: the text of report.md, rendered, with the pictures inside."""

import re
from html.parser import HTMLParser

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

from riptui.figures.html import render_html
from riptui.figures.markdown import escape_markdown

MARKDOWN = """\
# A report

## Runs

| a | b |
| -- | -- |
| 1 | 2 |

## Figures & more

![Figure 1](figure-01.png)

[SVG](figure-01.svg)
"""


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, tag: str, attribute: str) -> list[str | None]:
        return [attrs[attribute] for name, attrs in self.found if name == tag and attribute in attrs]


def test_pictures_are_inside_and_nothing_is_loaded() -> None:
    page = render_html(MARKDOWN, {"figure-01.png": b"\x89PNG"})
    elements = Elements(page)
    assert elements.values("img", "src") == ["data:image/png;base64,iVBORw=="]
    assert not [name for name, _ in elements.found if name in ("script", "link", "iframe", "object")]
    assert re.search(r"url\(|@import|https?://", page) is None
    assert "default-src 'none'" in str(elements.values("meta", "content"))


def test_pictures_are_all_at_one_scale() -> None:
    header = b"\x89PNG\r\n\x1a\n" + b"\0" * 8
    for pixels, width in ((1400, "100%"), (840, "60%"), (3000, "100%")):
        page = render_html(MARKDOWN, {"figure-01.png": header + pixels.to_bytes(4)})
        assert Elements(page).values("img", "width") == [width]


def test_numbers_are_not_broken_from_their_units() -> None:
    cells = "".join(Elements(render_html("| a |\n| -- |\n| -0.5 [-1.25, 0.5] at 50 % of 64 px |\n", {})).texts)
    assert "-0.5 [-1.25,\N{NO-BREAK SPACE}0.5] at 50\N{NO-BREAK SPACE}% of 64\N{NO-BREAK SPACE}px" in cells


def test_sections_can_be_reached_and_tables_scroll_by_themselves() -> None:
    page = render_html(MARKDOWN, {})
    elements = Elements(page)
    assert elements.values("a", "href") == ["#section-1", "#section-2", "figure-01.svg"]
    assert elements.values("h2", "id") == ["section-1", "section-2"]
    assert "<title>A report</title>" in page
    assert '<div class="wide">\n<table>' in page
    assert "Figures &amp; more</a>" in page


@pytest.mark.parametrize("name", ["</td><script>alert(1)</script>", "![x](http://x)", "[x](javascript:1)", "a|b&amp;"])
def test_names_from_disk_are_text(name: str) -> None:
    elements = Elements(render_html(f"# A report\n\n{escape_markdown(name)}\n\n| a |\n| -- |\n| x |\n", {}))
    assert name in "".join(elements.texts)
    assert not [tag for tag, _ in elements.found if tag in ("script", "img", "a")]


def test_raw_html_is_shown_and_not_obeyed() -> None:
    elements = Elements(render_html("# A report\n\n<b onclick='x'>bold</b>\n", {}))
    assert "b" not in {tag for tag, _ in elements.found}
