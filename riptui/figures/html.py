"""report.html: the text of report.md as one file, with its pictures inside. It loads nothing from anywhere."""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from riptui.figures.style import DPI, PAGE_WIDTH

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<nav>{links}</nav>
<main>
{body}</main>
</body>
</html>
"""

_STYLE = """\
:root { color-scheme: light dark; --ink: #202020; --faint: #5c5c5c; --page: #fff; --line: #d8d8d8; --link: #005a9c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e2e2e2; --faint: #a8a8a8; --page: #16181c; --line: #3a3d44; --link: #7cbcf0; }
}
body {
  margin: 0 auto; max-width: 62rem; padding: 0 1rem 3rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word;
}
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h2 { margin-top: 3rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2.5rem; }
a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: .75rem 0; border-bottom: 1px solid var(--line); }
img {
  display: block; box-sizing: border-box; max-width: 100%; height: auto; margin: 0 auto; padding: .4rem;
  background: #fff; border-radius: 4px;
}
@media (max-width: 40rem) { img { width: 100%; } }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td {
  padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  white-space: nowrap;
}
th { color: var(--faint); font-weight: 600; vertical-align: bottom; white-space: normal; }
li { margin: .25rem 0; }
@page { margin: 15mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --faint: #444; --page: #fff; --line: #bbb; --link: #000; }
  body { max-width: none; padding: 0; font-size: 9.5pt; line-height: 1.4; }
  h2 { margin-top: 1.5rem; }
  h3 { margin-top: 1rem; }
  nav { display: none; }
  h2, h3, p:has(+ .wide), p:has(+ ul), p:has(> img) { break-after: avoid; }
  img, tr, li { break-inside: avoid; }
  img { max-height: 17cm; object-fit: contain; }
  .wide { overflow-x: visible; }
  table { font-size: 8pt; }
  th, td { white-space: normal; padding-right: .5rem; overflow-wrap: normal; }
}
"""


_INSEPARABLE = re.compile(r"\d (?:%|px|dB|±)|± \d|\[-?[\d.]+, -?[\d.]+\]")


def render_html(markdown: str, pictures: Mapping[str, bytes]) -> str:
    """Render a report's Markdown. `pictures`: the PNG files that it shows, by the name under which the text shows them.

    Raw HTML in the text is shown as text. Links to other files of the report stay relative.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("table_open", lambda self, *_: '<div class="wide">\n<table>\n')
    parser.add_render_rule("table_close", lambda self, *_: "</table>\n</div>\n")
    tokens = parser.parse(markdown)
    _embed(tokens, pictures)
    _keep_numbers_whole(tokens)
    links = "\n".join(f'<a href="#{anchor}">{escape(title)}</a>' for anchor, title in _add_anchors(tokens))
    title = next((title for heading, title in _headings(tokens) if heading.tag == "h1"), "Report")
    body = parser.renderer.render(tokens, parser.options, {})
    return _PAGE.format(title=escape(title), style=_STYLE, links=links, body=body)


def _embed(tokens: Sequence[Token], pictures: Mapping[str, bytes]) -> None:
    """Put the pictures in the place of their names, all at one scale, so that their letters are equally large."""
    for image in (child for token in tokens for child in token.children or () if child.type == "image"):
        if data := pictures.get(str(image.attrs["src"])):
            image.attrSet("src", f"data:image/png;base64,{b64encode(data).decode()}")
            width = int.from_bytes(data[16:20])  # px, in the header of a PNG
            image.attrSet("width", f"{min(100, round(100 * width / (PAGE_WIDTH * DPI)))}%")


def _keep_numbers_whole(tokens: Sequence[Token]) -> None:
    """Break no line within a number's unit or an interval."""
    for text in (child for token in tokens for child in token.children or () if child.type == "text"):
        text.content = _INSEPARABLE.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text.content)


def _add_anchors(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Give each section an anchor; yields it with the section's title."""
    sections = [(heading, title) for heading, title in _headings(tokens) if heading.tag == "h2"]
    for number, (heading, title) in enumerate(sections, 1):
        heading.attrSet("id", f"section-{number}")
        yield f"section-{number}", title


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """The headings with their text."""
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            yield token, "".join(child.content for child in content.children or ())
