"""The pictures that come with riptui: riptui:coffee wherever a picture is asked for."""

from pathlib import Path

from riptui.errors import SourceError, with_choices

BUNDLED_PREFIX = "riptui:"
FOLDER = Path(__file__).parents[1] / "pictures"


def list_bundled() -> dict[str, Path]:
    """By name, such as riptui:coffee."""
    pictures = (file for file in sorted(FOLDER.iterdir()) if file.suffix in (".jpg", ".png"))
    return {BUNDLED_PREFIX + file.stem: file for file in pictures}


def resolve_bundled(text: str) -> Path:
    """The file of a bundled picture's name; any other text as a path. Raises SourceError for an unknown name."""
    if not text.startswith(BUNDLED_PREFIX):
        return Path(text)
    bundled = list_bundled()
    if text not in bundled:
        raise SourceError(with_choices(f"unknown picture {text}", text, bundled))
    return bundled[text]
