"""`riptui corpus remove`: delete indexes."""

from riptui.cli.console import print_line
from riptui.corpus.corpus_files import remove_corpus


def remove(names: tuple[str, ...]) -> int:
    for name in names:
        remove_corpus(name)
        print_line(f"corpus {name}: removed")
    return 0
