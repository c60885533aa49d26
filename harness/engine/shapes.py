"""Shapes of the engine's arrays; the tests check them at run time on both backends, with jaxtyping and beartype.

Axes: ``n`` members of a batch (images), ``d`` pixels and channels of one image laid flat, ``k`` classes, ``m``
inequalities or rivals, ``h w c`` height, width and channels. An array is a tensor of the backend, one that is being
traced, or a NumPy array.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jaxtyping import Bool, Float, Int, Shaped

Points = Float[Any, "n d"]
"""A point, a direction or a gradient for each member."""
Numbers = Float[Any, " n"]
"""A number for each member."""
Column = Float[Any, "n 1"]
"""A number for each member, as the arrays that go beside a batch hold it."""
Counts = Int[Any, " n"]
"""A count or a class for each member."""
Factors = Float[Any, " terms"]
"""What each term of a sum is multiplied with."""
Flags = Bool[Any, " n"]
"""Whether, for each member."""
Logits = Float[Any, "n k"]
"""Logits of each member."""
Labels = Counts | Logits
"""A class for each member, or the probability of every class."""
Unchecked = Shaped[Any, "..."]
"""An array whose shape the function itself checks, and refuses in words."""
Images = Float[Any, "n h w c"]
"""Images, in [0, 1] unless said otherwise."""
Number = Float[Any, ""]
"""One number for all members, on the device."""
Count = Int[Any, ""]
"""One count for all members, on the device."""
Scalar = float | Number
"""One number for all members, of Python or on the device."""
Weights = Mapping[str, Shaped[Any, "..."]]
"""Name ("layer-1/kernel") -> array, of NumPy or of the backend."""
Arrays = Shaped[Any, "..."] | Mapping[str, Any] | tuple[Any, ...] | list[Any]
"""An array of any shape, or a structure of arrays."""
Settings = Mapping[str, Shaped[Any, ""]]
"""An attack's numbers by name, on the device."""
