"""What differs between backends: compiling, gradients with respect to inputs, and devices.

Importing this module starts the backend, so only the engine, and methods of plugins, may import it. Everything else in
the engine is written once against ``keras.ops``, and draws no random number of the backend's. TensorFlow is the
default; ``KERAS_BACKEND=jax`` takes the other branch of each function.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from jaxtyping import Shaped

from harness.compiling import STOPWATCH
from harness.engine.shapes import Arrays, Number
from harness.errors import NoDevice, UsageError

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# These settings of Keras limit epochs and steps, for trial runs of other programs, and switch to Flax variables.
os.environ.pop("KERAS_MAX_EPOCHS", None)
os.environ.pop("KERAS_MAX_STEPS_PER_EPOCH", None)
os.environ["KERAS_NNX_ENABLED"] = "false"

XLA_ON_GPU = {"--xla_gpu_enable_triton_gemm": "false", "--xla_gpu_exclude_nondeterministic_ops": "true"}
"""How JAX compiles for a GPU; a user's own XLA_FLAGS go first.

Triton's matrix products are tuned anew in each process, and may be others each time. Without them the training of
FC100-100-10 compiles in 2 s, not 12, and makes 620 iterations a second, not 540 (H100); with the second flag too,
another process gets the same bits."""
if os.environ["KERAS_BACKEND"] == "jax":
    _given = os.environ.get("XLA_FLAGS", "")
    _added = [f"{name}={value}" for name, value in XLA_ON_GPU.items() if name not in _given]
    os.environ["XLA_FLAGS"] = " ".join([_given, *_added]).strip()

_FUSING: ContextVar[bool] = ContextVar("fusing", default=False)
_REORDERING: ContextVar[bool] = ContextVar("reordering", default=False)


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Filter what the backend's C++ libraries write to stderr while they are loaded.

    TF_CPP_MIN_LOG_LEVEL has an effect only once they are loaded; until then they write about drivers and processors to
    the file descriptor of stderr, which Python cannot redirect.
    """
    sys.stderr.flush()
    true_stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(true_stderr, 2)
            os.close(true_stderr)
            held.seek(0)
            chatter = (b"I0000", b"WARNING: All log messages before absl")
            kept = [line for line in held if not line.startswith(chatter)]
            os.write(2, b"".join(kept))


with _quiet_start():
    try:
        import keras
    except ValueError as error:
        if "configuration" not in str(error):
            raise
        raise UsageError(
            f"Keras refuses its settings in keras.json (in KERAS_HOME, else ~/.keras): {error}; "
            "correct or delete that file"
        ) from error

    BACKEND: str = keras.backend.backend()
    if BACKEND == "tensorflow":
        import tensorflow as tf

        # It warns of a program compiled anew for another shape, which is meant.
        tf.get_logger().setLevel("ERROR")
    elif BACKEND == "jax":
        import jax
        from keras.src.backend.common import dtypes

if BACKEND == "tensorflow":
    # The same inputs must give the same numbers: no racing reductions, and full float32 products on GPUs.
    tf.config.experimental.enable_op_determinism()
    tf.config.experimental.enable_tensor_float_32_execution(False)
elif BACKEND == "jax":
    jax.config.update("jax_default_matmul_precision", "highest")
else:
    raise UsageError(f"KERAS_BACKEND: expected tensorflow or jax, found {BACKEND!r}; unset it or choose one of the two")


def limit_gpu_memory(share: str) -> None:
    """Limit what TensorFlow takes of the first GPU's memory, before it starts it; JAX has a setting of its own for this.

    Args:
        share: part of the memory, above 0 and at most 1; anything else changes nothing.
    """
    try:
        part = float(share)
        if BACKEND != "tensorflow" or not 0 < part <= 1 or not (found := tf.config.list_physical_devices("GPU")):
            return
        seen = (os.environ.get("CUDA_VISIBLE_DEVICES") or "0").split(",")[0]
        asking = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits", f"--id={seen}"]
        said = subprocess.run(asking, capture_output=True, text=True, timeout=30, check=True).stdout
        limit = tf.config.LogicalDeviceConfiguration(memory_limit=int(float(said.split()[0]) * part))
        tf.config.set_logical_device_configuration(found[0], [limit])
    except (ValueError, IndexError, OSError, subprocess.SubprocessError, RuntimeError):
        return


limit_gpu_memory(os.environ.get("HARNESS_GPU_MEMORY_SHARE", ""))


def standardise() -> None:
    """Set what every number depends on, whatever keras.json, a program or another package's kind has set before.

    Images hold their channels last, everything is computed in float32, and Keras' own epsilon is the default.
    """
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")


standardise()


def jit(fn: Callable[..., Any], *, fuse: bool = True, reorder: bool = False) -> Callable[..., Any]:
    """Compile a pure function of arrays.

    It is compiled anew for every new combination of shapes and dtypes; everything that varies between calls must be an
    array argument (tuples and dicts of arrays are allowed): Python numbers become constants.

    Args:
        fn: traceable function.
        fuse: whether XLA fuses the operations, which loops and element-wise work gain from; a few large matrix products
            are a third faster on a CPU by TensorFlow's own kernels. JAX always fuses.
        reorder: whether sums may be taken in another order than Keras takes them, where that is faster: the last digits differ.
    """
    traced = _Traced(fn, fuse, reorder)
    if BACKEND == "tensorflow":
        compiled = tf.function(traced, jit_compile=fuse or None, autograph=False)
    else:
        compiled = jax.jit(traced)
    return STOPWATCH.timing(compiled, lambda: traced.times)


class _Traced:
    """A function that counts how often it is traced; meanwhile ``fusing`` and ``reordering`` say how it is compiled."""

    def __init__(self, fn: Callable[..., Any], fuse: bool, reorder: bool = False) -> None:
        self.fn, self.fuse, self.reorder, self.times = fn, fuse, reorder, 0

    def __call__(self, *args: Any) -> Any:
        self.times += 1
        tokens = _FUSING.set(self.fuse), _REORDERING.set(self.reorder)
        try:
            return self.fn(*args)
        finally:
            _FUSING.reset(tokens[0])
            _REORDERING.reset(tokens[1])


def fusing() -> bool:
    """Whether XLA compiles what is traced now, where some native gradients are missing, or are not deterministic.

    JAX always compiles so, and has all its gradients on a CPU.
    """
    return _FUSING.get() or (BACKEND == "jax" and on_gpu())


def reordering() -> bool:
    """Whether what is traced now may take sums in another order than Keras does: in TensorFlow's own kernels on a CPU alone."""
    return _REORDERING.get() and BACKEND == "tensorflow" and not fusing() and not on_gpu()


def with_gradient(fn: Callable[[Any], Any], pull_back: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of one array that gives ``fn(x)`` and whose gradient, for a slope, is ``pull_back(slope)``; TensorFlow's."""
    return tf.custom_gradient(lambda x: (fn(x), pull_back))  # type: ignore[no-any-return]


def value_and_gradient(fn: Callable[..., Any], *, has_aux: bool = False) -> Callable[..., tuple[Any, Any]]:
    """Return a traceable function that gives ``fn(x, *rest)`` and the gradient of its sum with respect to ``x``.

    ``x`` may be one array or a tuple or dict of arrays; the gradient has the same structure. Where ``fn`` returns one
    value per image and images do not interact, the gradient of the sum holds each image's own gradient. With ``has_aux``,
    ``fn`` returns a pair and both are given; the gradient is of the first alone.
    """

    def both(x: Arrays, *rest: Arrays) -> tuple[Any, Any]:
        if BACKEND == "tensorflow":
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(x)
                made = fn(x, *rest)
            value = made[0] if has_aux else made
            return made, tape.gradient(value, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        value, pull_back, *aux = jax.vjp(lambda moved: fn(moved, *rest), x, has_aux=has_aux)
        return (value, *aux) if has_aux else value, pull_back(keras.ops.ones_like(value))[0]

    return both


def optimizer_step(
    model: keras.Model,
    optimizer: keras.Optimizer,
    objective: Callable[..., Any],
    parts: Sequence[keras.Model] | None = None,
) -> Callable[..., Number]:
    """Return a compiled ``step(images, labels) -> loss`` that moves the variables of a model and its optimizer of Keras.

    Args:
        model: a model of Keras; seeds and moving statistics are variables too.
        optimizer: built for its trainable variables.
        objective: (logits, labels, trainable weights by name) -> scalar loss; traceable.
        parts: models that share the first one's variables, called one after the other: the step then takes a tuple of
            inputs, one for each, and the objective a tuple of logits. None for the model itself.
    """
    names = [each.path for each in model.trainable_variables]
    forward = _called(model, parts)
    if BACKEND == "tensorflow":

        def step(images: Arrays, labels: Arrays) -> Number:
            with tf.GradientTape() as tape:
                values = [each.value for each in model.trainable_variables]
                logits = (
                    tuple(p(x, training=True) for p, x in zip(parts, images, strict=True))
                    if parts
                    else model(images, training=True)
                )
                loss = objective(logits, labels, dict(zip(names, values, strict=True)))
            optimizer.apply(tape.gradient(loss, values), model.trainable_variables)
            return loss

        # XLA is half as fast on a CPU. A last mini-batch of another size is traced once more.
        counted = _Traced(step, fuse=False)
        return STOPWATCH.timing(tf.function(counted, autograph=False), lambda: counted.times)

    def loss_of(moved: Arrays, kept: Arrays, images: Arrays, labels: Arrays) -> tuple[Number, Arrays]:
        logits, kept = forward(moved, kept, images)
        return objective(logits, labels, dict(zip(names, moved, strict=True))), kept

    def advance(moved: Arrays, kept: Arrays, state: Arrays, images: Arrays, labels: Arrays) -> tuple[Arrays, ...]:
        (loss, kept), slopes = jax.value_and_grad(loss_of, has_aux=True)(moved, kept, images, labels)
        moved, state = optimizer.stateless_apply(state, slopes, moved)
        return loss, moved, kept, state

    traced = _Traced(advance, fuse=True)
    compiled = STOPWATCH.timing(jax.jit(traced), lambda: traced.times)

    def step_by_value(images: Arrays, labels: Arrays) -> Number:
        groups = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
        loss, *after = compiled(*([each.value for each in group] for group in groups), images, labels)
        for group, values in zip(groups, after, strict=True):
            for each, value in zip(group, values, strict=True):
                each.assign(value)
        return loss

    return step_by_value


def _called(model: keras.Model, parts: Sequence[keras.Model] | None) -> Callable[..., tuple[Arrays, Arrays]]:
    """Return (trainable, other variables of the model, inputs) -> logits, other variables afterwards; without state."""
    if parts is None:
        return lambda moved, kept, images: model.stateless_call(moved, kept, images, training=True)
    place = {id(each): k for k, each in enumerate(model.variables)}
    moving = [place[id(each)] for each in model.trainable_variables]
    staying = [place[id(each)] for each in model.non_trainable_variables]

    def forward(moved: Arrays, kept: Arrays, inputs: Arrays) -> tuple[Arrays, Arrays]:
        values = dict(zip(moving + staying, [*moved, *kept], strict=True))
        logits = []
        for part, x in zip(parts, inputs, strict=True):
            own = [
                [place[id(each)] for each in group]
                for group in (part.trainable_variables, part.non_trainable_variables)
            ]
            given = ([values[k] for k in group] for group in own)
            out, after = part.stateless_call(*given, x, training=True)
            values |= dict(zip(own[1], after, strict=True))
            logits.append(out)
        return tuple(logits), [values[k] for k in staying]

    return forward


def devices() -> dict[str, str]:
    """Return the devices at hand by Keras' name ("cpu:0", "gpu:0") with a description of each."""
    if BACKEND == "tensorflow":
        config = tf.config
        found = [device for kind in ("GPU", "CPU") for device in config.list_physical_devices(kind)]
        described = [config.experimental.get_device_details(device).get("device_name", "") for device in found]
        names = [":".join(device.name.split(":")[-2:]).lower() for device in found]
        return dict(zip(names, described, strict=True))
    found = jax.devices()
    if jax.default_backend() != "cpu":
        found = found + jax.devices("cpu")
    return {f"{device.platform}:{device.id}": str(device.device_kind) for device in found}


def on(device: str | None = None) -> AbstractContextManager[Any]:
    """Return a context in which the engine computes on a device.

    Args:
        device: "cpu", "gpu" or with a number ("gpu:1"); None takes the first GPU, or the CPU where there is none.

    Raises:
        NoDevice: where this machine has no such device.
    """
    at_hand = devices()
    name = next(iter(at_hand)) if device is None else device if ":" in device else f"{device}:0"
    if name not in at_hand:
        raise NoDevice(f"device {device!r} is not on this machine, which has {', '.join(at_hand)}; choose one of those")
    return keras.device(name)  # type: ignore[no-any-return]


def untraced() -> AbstractContextManager[Any]:
    """Return a context in which tensors are computed at once, also while a program is traced, so that they outlive it."""
    return tf.init_scope() if BACKEND == "tensorflow" else jax.ensure_compile_time_eval()  # type: ignore[no-any-return]


def on_gpu() -> bool:
    """Whether the engine computes on a GPU unless it is asked otherwise."""
    return next(iter(devices())).startswith("gpu")


def computes_on_gpu() -> bool:
    """Whether the engine computes on a GPU here, within the context of ``on``."""
    return is_on_gpu(keras.ops.zeros(()))


def is_on_gpu(tensor: Shaped[Any, "..."]) -> bool:
    """Whether a tensor of the backend is in a GPU's memory."""
    if BACKEND == "tensorflow":
        return "GPU" in tensor.device
    return next(iter(tensor.devices())).platform == "gpu"  # type: ignore[no-any-return]


def eval_shape(fn: Callable[..., Any], *args: Arrays) -> Any:
    """Return arrays, or descriptions of them, with the shapes and dtypes of a traceable function's result.

    JAX traces the function and computes nothing: run operation by operation, it would compile each of them.
    """
    return fn(*args) if BACKEND == "tensorflow" else jax.eval_shape(jax.jit(fn), *args)


def start_copy_to_host(tensor: Shaped[Any, "..."]) -> None:
    """Begin to copy a tensor to the host, where the backend copies while it computes."""
    if BACKEND == "jax":
        tensor.copy_to_host_async()


def to_numpy(*tensors: Shaped[Any, "..."]) -> list[Shaped[np.ndarray, "..."]]:
    """Return tensors as NumPy arrays; JAX copies them from a GPU together, not one after the other."""
    if BACKEND == "jax":
        return [np.asarray(each) for each in jax.device_get(tensors)]
    return [keras.ops.convert_to_numpy(each) for each in tensors]


@contextmanager
def double_precision() -> Iterator[None]:
    """Compute in float64 what is given in float64.

    JAX must be set to allow it. Keras does not see that setting and would map float64 to float32 within tanh, means
    and normalizations; ``tests/layers`` shows that no layer does so here.
    """
    if BACKEND == "tensorflow":
        yield
        return
    narrowed = dtypes.BIT64_TO_BIT32_DTYPE["float64"]
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    try:
        with jax.enable_x64(True):
            yield
    finally:
        dtypes.BIT64_TO_BIT32_DTYPE["float64"] = narrowed
