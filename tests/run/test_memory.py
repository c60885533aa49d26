import numpy as np

from harness.run.memory import Memory


def test_beyond_the_limit_the_least_recently_used_result_is_dropped():
    memory = Memory(limit=1000)
    for key in ("one", "two"):
        memory[key] = np.zeros(50)
    memory["one"]
    memory["three"] = {"weights": np.zeros(50)}
    assert [key for key in ("one", "two", "three") if key in memory] == ["one", "three"]


def test_the_newest_result_is_kept_however_large_it_is():
    memory = Memory(limit=10)
    memory["small"] = np.zeros(1)
    memory["large"] = np.zeros(1000)
    assert "large" in memory
    assert "small" not in memory


def test_a_cleared_memory_holds_nothing():
    memory = Memory()
    memory["one"] = np.zeros(1)
    memory.clear()
    assert "one" not in memory
