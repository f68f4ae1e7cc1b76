"""`riptui corpus ls`: the indexes of this user."""

from typing import Any

from riptui.cli.console import print_error, print_json, print_line, print_table
from riptui.cli.settings_table import FormatCell, build_layouts
from riptui.corpus.corpus_files import list_corpora
from riptui.corpus.corpus_index import CorpusIndex
from riptui.errors import RiptuiError
from riptui.text.units import format_size


def ls(as_json: bool) -> int:
    rows, failed = [], False
    for name in list_corpora():
        try:
            rows.append(_describe(CorpusIndex(name)))
        except RiptuiError as error:
            print_error(str(error))
            failed = True
    if as_json:
        print_json([{name: value for name, value in row.items() if name != "key"} for row in rows])
    elif rows:
        columns: dict[str, FormatCell] = {
            "pictures": lambda row: f"{row['pictures']:,}",
            "unreadable": lambda row: f"{row['unreadable']:,}",
            "features": lambda row: str(row["features"]),
            "size": lambda row: f"{row['size']} px, {row['fit']}",
            "on disk": lambda row: format_size(row["bytes"]),
            "folder": lambda row: str(row["folder"]),
        }
        print_table(build_layouts(rows, "key", columns, ("on disk", "unreadable", "size")))
    elif not failed:
        print_line("no corpus: make one with riptui corpus index FOLDER")
    return 1 if failed else 0


def _describe(index: CorpusIndex) -> dict[str, Any]:
    manifest = index.manifest
    return {
        "key": {"corpus": index.name},
        "name": index.name,
        "folder": manifest.folder,
        "pictures": len(index.pictures),
        "unreadable": len(index.unreadable),
        "features": manifest.features,
        "identity": manifest.identity,
        "size": manifest.size,
        "fit": manifest.fit,
        "recursive": manifest.recursive,
        "bytes": sum(file.stat().st_size for file in index.folder.iterdir() if file.is_file()),
        "index": str(index.folder),
    }
