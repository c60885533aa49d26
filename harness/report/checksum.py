"""Lets a page vouch for itself: it carries the digest of its own text, taken with a placeholder in the digest's place."""

from __future__ import annotations

import hashlib
import re

BLANK = "0" * 64
"""Stands where the digest will stand while the digest is taken; as long as a SHA-256 in hexadecimal."""
_SEAL = re.compile(rb'(?<=<meta name="harness-page" content=")[0-9a-f]{64}(?=">)')


def sealed(page: str) -> str:
    """Return a page that was rendered with ``BLANK`` for its digest with the digest put in.

    Raises:
        ValueError: if the page has no place for it.
    """
    content = page.encode()
    blank, places = _SEAL.subn(BLANK.encode(), content, count=1)
    if not places:
        raise ValueError('the page has no <meta name="harness-page"> of 64 hexadecimal digits to put its digest in')
    return _SEAL.sub(hashlib.sha256(blank).hexdigest().encode(), content, count=1).decode()


def is_intact(page: bytes) -> bool:
    """Return whether a page is, byte for byte, the one its digest was taken of."""
    found = _SEAL.search(page)
    if found is None:
        return False
    blank = page[: found.start()] + BLANK.encode() + page[found.end() :]
    return found[0].decode() == hashlib.sha256(blank).hexdigest()
