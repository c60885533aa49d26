"""Tiny autoencoders and their objective in float64, written once more and independently."""

import numpy as np

from harness.engine import autoencoder as ae
from harness.engine.victim import Architecture
from harness.examples import Examples
from harness.layers.dense import Dense
from harness.models.network import NetworkToTrain
from harness.streams import Streams


def images(n=100):
    drawn = np.random.default_rng(1).uniform(size=(n, 4, 3, 1)).astype(np.float32)
    return Examples(drawn, np.zeros(n, np.int64), np.arange(n))


def start(units=5, *, tied=False):
    architecture = Architecture((4, 3, 1), (Dense(units=units, activation="sigmoid"),))
    return ae.start_of(NetworkToTrain(architecture, {}, replica=0), Streams(2, 1), tied=tied)


def written_out(weights, x, sparsity):
    x = x.reshape(len(x), -1).astype(np.float64)
    decoder = weights.get("layer-2/kernel", weights["layer-1/kernel"].T)
    hidden = 1 / (1 + np.exp(-(x @ weights["layer-1/kernel"] + weights["layer-1/bias"])))
    rebuilt = 1 / (1 + np.exp(-(hidden @ decoder + weights["layer-2/bias"])))
    active, rho = hidden.mean(0), sparsity.target
    divergence = (rho * np.log(rho / active) + (1 - rho) * np.log((1 - rho) / (1 - active))).sum()
    length = np.square(weights["layer-1/kernel"]).sum() + np.square(decoder).sum()
    return 0.5 * np.square(rebuilt - x).sum(1).mean() + sparsity.weight * divergence + sparsity.decay * length
