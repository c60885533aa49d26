import numpy as np
import pytest

from harness.datasets.digits import Digits
from harness.errors import Infeasible
from harness.kinds.registry import discover
from harness.metrics import reconstruction_error
from harness.metrics.reconstruction_error import ReconstructionError
from harness.models.fully_connected import FullyConnected
from harness.models.sparse_autoencoder import SparseAutoencoder
from harness.streams import Streams

discover()


@pytest.fixture(scope="module")
def digits():
    return Digits()()


@pytest.fixture(scope="module", params=[None, True], ids=["own kernel", "tied"])
def coded(digits, request):
    """A victim, and the weights of its encoder and decoder."""
    options = {"units": 20, "epochs": 30, "batch_size": 100, "learning_rate": 0.03, "decay": 1e-5}
    recipe = SparseAutoencoder(train_on="digits/train", sparsity_weight=0.01, tied=request.param, **options)
    result = recipe(train_on=digits["train"], streams=Streams(0, 1))
    return recipe.victim(result), result.weights


def expected(weights, images):
    x = images.reshape(len(images), -1).astype(np.float64)
    decoder = weights.get("layer-2/kernel", weights["layer-1/kernel"].T)
    hidden = 1 / (1 + np.exp(-(x @ weights["layer-1/kernel"] + weights["layer-1/bias"])))
    rebuilt = 1 / (1 + np.exp(-(hidden @ decoder + weights["layer-2/bias"])))
    return np.sqrt(np.square(rebuilt - x).mean(axis=1))


def test_it_is_the_mean_over_images_of_the_rms_pixel_difference_with_its_spread(digits, coded):
    victim, weights = coded
    each = expected(weights, digits["test"].images)
    value = ReconstructionError()((victim,), digits["test"], None)
    assert value.value == pytest.approx(each.mean(), rel=1e-5)
    assert value.spread == pytest.approx(each.std(ddof=1), rel=1e-4)
    assert value.of == len(each)


def test_a_trained_autoencoder_rebuilds_better_than_the_mean_image_does(digits, coded):
    apart = digits["test"].images - digits["train"].images.mean(axis=0)
    mean_image = np.sqrt(np.square(apart).mean(axis=(1, 2, 3))).mean()
    assert ReconstructionError()((coded[0],), digits["test"], None).value < 0.8 * mean_image


def test_images_rebuilt_some_at_a_time_give_the_same_number(digits, coded, monkeypatch):
    whole = ReconstructionError()((coded[0],), digits["test"], None).value
    monkeypatch.setattr(reconstruction_error, "AT_ONCE", 50)
    assert ReconstructionError()((coded[0],), digits["test"], None).value == pytest.approx(whole, rel=1e-6)


def test_a_model_without_a_decoder_is_refused_and_so_is_one_on_top_of_an_autoencoder(digits, coded):
    alone = FullyConnected(train_on="digits/train", iterations=3)
    on_top = FullyConnected(train_on="digits/train", iterations=3, features="autoencoder")
    for recipe, below in ((alone, {}), (on_top, {"starts_from": coded[0]})):
        trained = recipe(train_on=digits["train"], streams=Streams(0, 1), **below)
        with pytest.raises(Infeasible, match="found a model without a decoder"):
            ReconstructionError()((recipe.victim(trained, **below),), digits["test"], None)
