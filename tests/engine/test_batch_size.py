import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine import backend, batch_size
from harness.engine.batch_size import (
    C_SEARCH,
    FORWARD,
    GRADIENT_STEPS,
    LEAST_PADDED,
    full_batch,
    power_above,
    power_below,
    sparing_batch,
    worth_compacting,
)
from harness.engine.refill import floats_held

MNIST = 784


@pytest.mark.parametrize(
    ("limit", "floats", "base", "on_cpu", "on_gpu"),
    [
        (GRADIENT_STEPS, MNIST, 4, 1024, 16_384),
        (C_SEARCH, floats_held(MNIST, memory=5), 2, 128, 8192),
        (FORWARD, MNIST, 2, 4096, 4096),
    ],
)
def test_a_full_batch_of_mnist_images_suits_the_device(monkeypatch, limit, floats, base, on_cpu, on_gpu):
    for gpu, size in ((False, on_cpu), (True, on_gpu)):
        monkeypatch.setattr(backend, "on_gpu", lambda gpu=gpu: gpu)
        assert full_batch(limit, floats, base=base) == size


@pytest.mark.parametrize("base", [2, 4])
def test_a_full_batch_is_the_largest_power_that_neither_memory_nor_the_limit_of_images_exceeds(base):
    for floats in (1, 3, 784, 3072, 10**6, 10**9):
        for limit in (GRADIENT_STEPS, C_SEARCH, FORWARD):
            most = max(1, min(limit.images, batch_size.fitting(limit, floats)))
            assert full_batch(limit, floats, base=base) <= most < base * full_batch(limit, floats, base=base)


@pytest.mark.parametrize(("gpu", "least"), [(False, 64), (True, 4096)], ids=["cpu", "gpu"])
def test_a_batch_is_worth_compacting_from_a_size_that_suits_the_device(monkeypatch, gpu, least):
    monkeypatch.setattr(backend, "computes_on_gpu", lambda: gpu)
    assert [worth_compacting(size) for size in (least // 2, least, 2 * least)] == [False, True, True]


def test_on_a_cpu_a_network_of_few_weights_is_not_worth_a_second_program(monkeypatch):
    monkeypatch.setattr(backend, "computes_on_gpu", lambda: False)
    assert [worth_compacting(128, weights) for weights in (17_000, 89_610, 468_160, None)] == [False, False, True, True]
    monkeypatch.setattr(backend, "computes_on_gpu", lambda: True)
    assert worth_compacting(4096, 10)


@pytest.mark.parametrize("base", [2, 4])
def test_powers_below_and_above_enclose_every_number(base):
    powers = [base**k for k in range(11)]
    for number in range(1, 300):
        assert power_below(number, base) == max(power for power in powers if power <= number)
        assert power_above(number, base) == min(power for power in powers if power >= number)


@given(st.integers(1, 5000), st.sampled_from([4, 64, 256, 1024, 4096]))
def test_on_a_cpu_padding_adds_a_quarter_at_most_but_to_few_images(count, full):
    size = sparing_batch(full, count)
    assert size == power_above(size, 4) <= full
    padded = -(-count // size) * size
    assert padded <= 1.25 * count or size <= LEAST_PADDED
    larger = size * 4
    assert larger > full or larger > power_above(count, 4) or -(-count // larger) * larger > 1.25 * count


def test_on_a_gpu_a_batch_holds_all_images_or_is_full(monkeypatch):
    monkeypatch.setattr("harness.engine.backend.computes_on_gpu", lambda: True)
    assert [sparing_batch(1024, count) for count in (3, 300, 1024, 5000)] == [4, 1024, 1024, 1024]
