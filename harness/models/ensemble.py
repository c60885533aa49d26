"""Ensembles: several models that were trained apart, averaged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from harness.errors import Infeasible
from harness.examples import Examples, Journal, Trained, Victim, Watch
from harness.kinds.contract import shape_text
from harness.kinds.layer import LayerRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.recipe import ModelRef
from harness.kinds.registry import kinds, model
from harness.streams import Streams

if TYPE_CHECKING:
    from harness.engine.victim import NetworkVictim


@model("ensemble", edition=1)
class Ensemble(ModelRecipe):
    """The average of several separately trained networks, attacked and measured as one network.

    Nothing is trained here. Members that differ only in ``replica`` are the same network trained several times (Goodfellow et
    al. 2015, section 9).
    """

    members: tuple[ModelRef, ...] = Field(min_length=2, max_length=100)
    """The models: networks of layers for the same image shape and classes."""
    average: Literal["probabilities", "logits"] = "probabilities"
    """What is averaged: the members' softmax outputs, or their logits."""

    @property
    def random(self) -> bool:
        """Only the members' trainings draw."""
        return False

    @property
    def seconds(self) -> float:
        """Nothing is computed."""
        return 0.1

    def passed(self, others: Mapping[str, tuple[LayerRecipe, ...]]) -> tuple[LayerRecipe, ...]:
        """Return one layer whose paths are the members."""
        paths = [others.get(role, ()) for role in self.referents() if role.startswith("members-")]
        return (self._beside(tuple(paths)),)

    def train(self, *, train_on: Examples, streams: Streams, watch: Watch, journal: Journal, **inputs: Any) -> Trained:
        """Return no weights: they are the members'."""
        return Trained({}, True, {"stopped_because": "nothing is trained", "members": len(self.members)})

    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Join the members; raise Infeasible where they do not fit one another."""
        from harness.engine.victim import NetworkVictim

        given = [inputs[role] for role in self.referents() if role.startswith("members-")]
        for name, each in zip(self.members, given, strict=True):
            if not isinstance(each, NetworkVictim) or each.architecture.probability != "softmax":
                raise Infeasible(f"ensemble: members: expected networks of layers with softmax; {name!r} is none")
            if (each.image_shape, each.classes) != (given[0].image_shape, given[0].classes):
                raise Infeasible(
                    f"ensemble: members: {name!r} takes images of {shape_text(each.image_shape)} and has {each.classes} "
                    f"classes, {self.members[0]!r} {shape_text(given[0].image_shape)} and {given[0].classes}"
                )
        return self._joined(given)

    def _joined(self, members: list[NetworkVictim]) -> NetworkVictim:
        """Return the network of one layer whose paths are the members."""
        from harness.engine.victim import Architecture, NetworkVictim

        layer = self._beside(tuple(each.architecture.layers for each in members))
        weights = {
            f"layer-1-{place}{name.removeprefix('layer')}": array
            for place, each in enumerate(members, start=1)
            for name, array in each.weights.items()
        }
        return NetworkVictim(Architecture(members[0].image_shape, (layer,)), weights)

    def _beside(self, paths: tuple[tuple[LayerRecipe, ...], ...]) -> LayerRecipe:
        """Return the layer whose paths are the members' layers."""
        word = "average" if self.average == "logits" else "average-probabilities"
        layer = kinds("layers")["branches"].model_validate({"join": word, "paths": paths})
        assert isinstance(layer, LayerRecipe)
        return layer
