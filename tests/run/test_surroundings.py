"""The backend comes up as it was found, and with the precision every number depends on."""

import os

import keras

from harness.engine import session
from harness.run import surroundings


def test_the_backend_that_comes_up_is_the_one_that_was_found_be_it_in_keras_json(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text(f'{{"backend": "{session.BACKEND}"}}')
    found = surroundings.look_around("cpu")
    with surroundings.computing(found):
        assert os.environ["KERAS_BACKEND"] == found.backend == session.BACKEND == keras.backend.backend()


def test_what_one_job_has_set_is_set_back_before_the_next():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        surroundings.standardise()
        assert (keras.config.floatx(), keras.config.dtype_policy().name) == ("float32", "float32")
    finally:
        session.standardise()
