"""Checksum of a page, in the page itself: the SHA-256 of its text with a placeholder in place of the checksum."""

from __future__ import annotations

import hashlib
import re

PLACEHOLDER = "0" * 64
"""In place of the checksum while it is computed; as long as a SHA-256 in hexadecimal."""
_CHECKSUM = re.compile(rb'(?<=<meta name="harness-page" content=")[0-9a-f]{64}(?=">)')


def with_checksum(page: str) -> str:
    """Return a page that was rendered with ``PLACEHOLDER``, with its checksum put in.

    Raises:
        ValueError: if the page has no place for it.
    """
    content = page.encode()
    blank, replaced = _CHECKSUM.subn(PLACEHOLDER.encode(), content, count=1)
    if not replaced:
        raise ValueError('the page has no <meta name="harness-page"> of 64 hexadecimal digits to put its checksum in')
    return _CHECKSUM.sub(hashlib.sha256(blank).hexdigest().encode(), content, count=1).decode()


def is_intact(page: bytes) -> bool:
    """Whether a page is, byte for byte, the one its checksum was computed from."""
    found = _CHECKSUM.search(page)
    if found is None:
        return False
    blank = page[: found.start()] + PLACEHOLDER.encode() + page[found.end() :]
    return found[0].decode() == hashlib.sha256(blank).hexdigest()
