"""The pictures that come with riptui: riptui:coffee wherever a picture is asked for."""

import re
from pathlib import Path

from riptui.errors import SourceError, with_choices

BUNDLED_PREFIX = "riptui:"
URL = re.compile(r"(https?|ftp|s3|gs):/+", re.IGNORECASE)  # a Path of one has a single slash
FOLDER = Path(__file__).parents[1] / "pictures"


def list_bundled() -> dict[str, Path]:
    """By name, such as riptui:coffee."""
    pictures = (file for file in sorted(FOLDER.iterdir()) if file.suffix in (".jpg", ".png"))
    return {BUNDLED_PREFIX + file.stem: file for file in pictures}


def resolve_bundled(text: str) -> Path:
    """The file of a bundled picture's name; any other text as a path. Raises SourceError for an unknown name; a URL."""
    if URL.match(text):
        address = URL.sub(r"\1://", text, count=1)
        raise SourceError(f"{address} is a URL, and pictures are files: download it first, and give the file's path")
    if not text.startswith(BUNDLED_PREFIX):
        return Path(text)
    bundled = list_bundled()
    if text not in bundled:
        raise SourceError(with_choices(f"unknown picture {text}", text, bundled))
    return bundled[text]
