"""The operator norm of a layer, or the product over a network: an upper bound of how far its logits can move."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from harness.errors import Infeasible
from harness.examples import Examples, Value, Victim
from harness.kinds.along import bounds_along
from harness.kinds.metric import MetricRecipe
from harness.kinds.norm_bounds import NormBounds, in_sequence
from harness.kinds.registry import metric


@metric("operator-norm", edition=1)
class OperatorNorm(MetricRecipe):
    """Operator norm of one layer, L2 to L2, or the product over the whole network, which bounds its Lipschitz constant.

    As in Szegedy et al. 2014, section 4.3 and Table 5: for dense layers the largest singular value; convolutions
    are used as they are, with zero padding and strides. The product includes bounds of activation functions,
    poolings and normalizations, so that the distance between the logits of two inputs is at most ``upper`` times
    the distance between the inputs. Batch normalization is taken together with the linear layer before it, as in
    inference, also within a block (``branches``). No images are needed.
    """

    layer: int | None = Field(None, ge=1, le=10_000)
    """Number of the layer, counted from 1 at the image, without its activation function; null means the product
    over all layers."""
    end: Literal["upper", "lower", "exact"] = "upper"
    """Lower or upper bound; ``exact`` is refused if the two differ. For a product each bound is the product of
    the layers' bounds. The network's own Lipschitz constant is at most ``upper``, and may be far below ``lower``."""
    formula: Literal["corrected", "printed"] = "corrected"
    """``printed`` uses the paper's formulas: for a convolution the norm of the circular convolution divided by
    the stride, which is too small by a factor of the stride; for max pooling 1, although windows may overlap."""

    unit = "number"
    statistic = "number"

    @model_validator(mode="after")
    def _printed_has_one_end(self) -> Self:
        if self.formula == "printed" and self.end != "upper":
            raise ValueError(f"end: the printed formula gives only upper bounds; found {self.end}, write upper")
        return self

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the end that is asked for."""
        (victim,) = victims
        bounds = self._bounds(victim)
        if self.formula == "printed":
            return Value(bounds.printed)
        if self.end == "exact" and not bounds.exact:
            raise Infeasible(
                f"operator-norm: expected an exactly known norm, found bounds of {bounds.lower:.6g} and "
                f"{bounds.upper:.6g}; set end: lower or end: upper"
            )
        return Value(bounds.lower if self.end == "lower" else bounds.upper)

    def _bounds(self, victim: Victim) -> NormBounds:
        """Return the bounds of the layer, or of the product."""
        from harness.engine.victim import NetworkVictim

        if not isinstance(victim, NetworkVictim):
            raise Infeasible(
                f"operator-norm: expected a network of layers, found a {type(victim).__name__}, which does not give its layers"
            )
        network = victim.architecture
        count = len(network.layers)
        if self.layer is None:
            return in_sequence(bounds_along(network.layers, network.image_shape, victim.weights, "layer"))
        if self.layer > count:
            raise Infeasible(
                f"operator-norm: layer: expected at most {count}, the layers of the network, found {self.layer}"
            )
        at = self.layer - 1
        return network.layers[at].norm_bounds(network.outputs[at], victim.weights, f"layer-{self.layer}")
