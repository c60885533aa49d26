import keras
import numpy as np
from keras import ops

from harness.engine.adam import AdamState


def weights():
    rng = np.random.default_rng(0)
    return {"a": rng.normal(size=(3, 2)).astype(np.float32), "b": rng.normal(size=4).astype(np.float32)}


def slopes(step):
    rng = np.random.default_rng(step + 1)
    return {"a": rng.normal(size=(3, 2)).astype(np.float32), "b": rng.normal(size=4).astype(np.float32)}


def test_it_steps_as_keras_own_adam_does():
    ours = AdamState.at(weights())
    theirs = {name: keras.Variable(array) for name, array in weights().items()}
    optimizer = keras.optimizers.Adam(0.01, epsilon=1e-8)
    for step in range(20):
        given = slopes(step)
        ours = ours.moved({name: ops.convert_to_tensor(slope) for name, slope in given.items()}, 0.01)
        optimizer.apply([ops.convert_to_tensor(given[name]) for name in theirs], list(theirs.values()))
    for name, variable in theirs.items():
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours.weights[name]), ops.convert_to_numpy(variable.value), atol=2e-6
        )


def test_a_note_holds_the_whole_state():
    state = AdamState.at(weights()).moved(slopes(0), 0.1)
    again = AdamState.noted(state.note())
    on, on_again = (each.moved(slopes(1), 0.1) for each in (state, again))
    for name in weights():
        np.testing.assert_array_equal(
            ops.convert_to_numpy(on.weights[name]), ops.convert_to_numpy(on_again.weights[name])
        )
