"""Types of a recipe's fields that name a file in the data folders, an array in it, or its SHA-256."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

_STEP = r"(?!\.\.?(?:/|$))[^/\\\x00-\x1f]+"
_NAME = re.compile(rf"{_STEP}(?:/{_STEP})*")


def _file_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"expected a file's name within the folders of data, without '..' and no absolute path; found {text[:80]!r}; "
            "write the name alone, and its folder with --data-dir or HARNESS_DATA_DIR"
        )
    return text


def _digest(text: str, name: str, digits: int) -> str:
    if not re.fullmatch(rf"[0-9a-f]{{{digits}}}", text.lower()):
        command = f"{name.lower().replace('-', '')}sum"
        raise ValueError(
            f"expected a {name}, {digits} hexadecimal digits; found {text[:80]!r}; '{command} FILE' prints a file's"
        )
    return text.lower()


FileName = Annotated[str, Field(max_length=200), AfterValidator(_file_name)]
"""Name of a file, or folders and a name, looked for in the folders of data; it never leads out of them."""
Sha256 = Annotated[str, AfterValidator(partial(_digest, name="SHA-256", digits=64))]
"""SHA-256 of a file's bytes, hexadecimal."""
Sha1 = Annotated[str, AfterValidator(partial(_digest, name="SHA-1", digits=40))]
"""SHA-1 of a file's bytes, hexadecimal; for files whose publisher gives no SHA-256."""
ArrayName = Annotated[str, Field(min_length=1, max_length=500)]
"""Name of an array within a file."""
