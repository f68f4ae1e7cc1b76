"""The marker segments of a JPEG: frame headers, Huffman tables, scans. Knows nothing of pixels."""

import re
from collections.abc import Iterator
from typing import NamedTuple

START, END, SCAN, TABLES = 0xD8, 0xD9, 0xDA, 0xC4
FRAME_HEADERS = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # sequential and progressive
MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)  # neither a stuffed byte nor a restart


class JpegSegment(NamedTuple):
    """A marker and what belongs to it."""

    marker: int
    body: bytes
    """After the length."""
    data: bytes
    """The entropy-coded bytes after a scan's header; empty for other segments."""


def read_segments(data: bytes) -> Iterator[JpegSegment]:
    """The segments of the first picture of a file, as far as they are there."""
    match = MARKER.search(data, 2)
    while match and match[1][0] != END:
        marker, start = match[1][0], match.end()
        end = start + int.from_bytes(data[start : start + 2])
        match = MARKER.search(data, end)
        scan_end = match.start() if match else len(data)
        yield JpegSegment(marker, data[start + 2 : end], data[end:scan_end] if marker == SCAN else b"")


def has_all_scans(data: bytes) -> bool:
    """Whether the scans give every coefficient of every component to its last bit."""
    missing: dict[int, set[int]] = {}
    for marker, body, _ in read_segments(data):
        if marker in FRAME_HEADERS:
            missing = {component: set(range(64)) for component in body[6::3]}
        elif marker == SCAN and body and len(body) >= 4 + 2 * body[0]:
            components, (first, last, bits) = body[1 : 1 + 2 * body[0] : 2], body[1 + 2 * body[0] :][:3]
            if bits & 15 == 0:
                for component in components:
                    missing.get(component, set()).difference_update(range(first, last + 1))
    return not any(missing.values())


def find_zeros(data: bytes, count: int) -> int | None:
    """The place in a sequential scan of a run of zero bytes that no picture has, or None.

    Even areas may be coded by zeros alone if the shortest code of every table means "nothing more": such files have
    none that tells anything.
    """
    offset, is_sequential, first_symbols = 0, False, set[int]()
    for marker, body, scan in read_segments(data):
        if marker in FRAME_HEADERS:
            is_sequential = marker in (0xC0, 0xC1)
        elif marker == TABLES:
            first_symbols.update(_first_symbols(body))
        if is_sequential and any(first_symbols) and (place := scan.find(bytes(count))) >= 0:
            return offset + place
        offset += len(scan)
    return None


def _first_symbols(body: bytes) -> Iterator[int]:
    """What the code of zero bits means in each table of a segment."""
    position = 0
    while position + 17 < len(body):
        yield body[position + 17]
        position += 17 + sum(body[position + 1 : position + 17])
