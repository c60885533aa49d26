"""What was measured on another backend or device is kept beside the record's own measurement, never mixed with it."""

from hypothesis import given
from hypothesis import strategies as st
from records import claim, measured, record

from harness.judge import judge
from harness.judge.comparing import Likeness
from harness.judge.strata import compare_strata
from harness.record.file import read, write
from harness.record.merging import merge
from harness.record.strata import replace_jobs
from harness.record.unverified import mark_unverified

CPU, GPU = [0.0741, 0.0739, 0.0743], [0.0740, 0.0738, 0.0743]
FAR = [0.0941, 0.0939, 0.0943]


def on(backend, device, values, *, inputs="one", claims=("t/a",), budget="audit"):
    """A record that was measured on a backend and a device; its jobs have the same keys wherever they are done."""
    place = f"{backend}-{device}"
    pairs = [(claim(i), measured(i, values, budget=budget, inputs=inputs, provenance=place)) for i in claims]
    jobs = {
        run.measured.keys[0]: {"inputs": [], "provenance": place, "verb": "measure"}
        for _, each in pairs
        for run in each.runs
    }
    return record(*pairs, jobs=jobs, provenance={place: {"backend": backend, "device": device}})


def test_a_newer_measurement_on_a_gpu_is_the_records_own_and_the_cpus_is_kept_beside_it():
    cpu, gpu = on("tensorflow", "cpu", CPU), on("tensorflow", "gpu", GPU)
    both = merge(cpu, gpu)
    assert both.measurements == gpu.measurements
    assert list(both.strata) == ["tensorflow on cpu"]
    there = replace_jobs(both, both.strata["tensorflow on cpu"])
    assert there.measurements == cpu.measurements
    assert there.jobs == cpu.jobs != both.jobs
    assert both.provenance == cpu.provenance | gpu.provenance


def test_measured_again_where_it_was_measured_first_the_two_change_places():
    cpu, gpu = on("tensorflow", "cpu", CPU), on("jax", "gpu", GPU)
    both = merge(merge(cpu, gpu), cpu)
    assert both.measurements == cpu.measurements
    assert list(both.strata) == ["jax on gpu"]


def test_three_strata_are_kept_apart():
    whole = merge(merge(on("tensorflow", "cpu", CPU), on("jax", "cpu", GPU)), on("jax", "gpu", CPU))
    assert list(whole.strata) == ["jax on cpu", "tensorflow on cpu"]


def test_a_weaker_measurement_elsewhere_is_kept_beside_the_stronger_one():
    both = merge(on("tensorflow", "cpu", CPU), on("tensorflow", "gpu", GPU[:1]))
    assert both.measurements["t/a"].runs == on("tensorflow", "cpu", CPU).measurements["t/a"].runs
    assert len(both.strata["tensorflow on gpu"].measurements["t/a"].runs) == 1


def test_a_stratum_of_other_inputs_or_of_another_budget_is_dropped():
    both = merge(on("tensorflow", "cpu", CPU), on("jax", "gpu", GPU))
    assert merge(both, on("jax", "gpu", GPU, inputs="two")).strata == {}
    assert merge(on("tensorflow", "cpu", CPU), on("jax", "gpu", GPU, budget="full")).strata == {}


def test_a_claim_that_the_pack_no_longer_makes_leaves_its_strata_too():
    both = merge(on("tensorflow", "cpu", CPU, claims=("t/a", "t/b")), on("jax", "gpu", GPU, claims=("t/a", "t/b")))
    fewer = merge(both, on("jax", "gpu", GPU, claims=("t/b",)))
    assert list(fewer.strata["tensorflow on cpu"].measurements) == ["t/b"]


def test_a_record_of_one_device_is_written_as_before_and_one_of_two_is_read_again(tmp_path):
    cpu = on("tensorflow", "cpu", CPU)
    write(cpu, tmp_path / "one")
    assert "strata" not in (tmp_path / "one" / "results.json").read_text()
    both = merge(cpu, on("jax", "gpu", GPU))
    write(both, tmp_path / "two")
    assert read(tmp_path / "two") == both


def test_values_of_strata_are_marked_as_unverified_too():
    marked = mark_unverified(merge(on("tensorflow", "cpu", CPU), on("jax", "gpu", GPU)), "2026-01-01")
    assert marked.strata["tensorflow on cpu"].measurements["t/a"].unverified == "2026-01-01"


def test_strata_change_no_verdict():
    gpu = on("jax", "gpu", GPU)
    assert judge(merge(on("tensorflow", "cpu", FAR), gpu)) == judge(gpu)


def test_equal_strata_are_the_same_within_the_margin_and_unequal_ones_really_differ():
    (same,) = compare_strata(merge(on("tensorflow", "cpu", CPU), on("jax", "gpu", GPU)))
    assert [each.likeness for each in same.claims] == [Likeness.SAME]
    assert same.sentence == "jax on gpu and tensorflow on cpu: 1 claim measured on both, 1 same"
    (unequal,) = compare_strata(merge(on("tensorflow", "cpu", FAR), on("jax", "gpu", GPU)))
    assert unequal.changed == ("t/a",)
    assert unequal.sentence.endswith("1 differs; really differ: t/a")
    (open_,) = compare_strata(merge(on("tensorflow", "cpu", CPU[:1]), on("jax", "gpu", GPU[:1])))
    assert [each.likeness for each in open_.claims] == [Likeness.NOT_SHOWN]


made = st.builds(
    on,
    st.sampled_from(["tensorflow", "jax"]),
    st.sampled_from(["cpu", "gpu"]),
    st.sampled_from([CPU, GPU, FAR, CPU[:1], []]),
    inputs=st.sampled_from(["one", "two"]),
    claims=st.sampled_from([("t/a",), ("t/a", "t/b")]),
)


@given(st.lists(made, min_size=2, max_size=5))
def test_however_records_are_merged_no_stratum_is_the_records_own_and_merging_again_changes_nothing(given_records):
    whole = given_records[0]
    for each in given_records[1:]:
        whole = merge(whole, each)
        assert merge(whole, each) == whole
    for label, stratum in whole.strata.items():
        for name, each in stratum.measurements.items():
            own = whole.measurements[name]
            facts = whole.provenance[own.provenance]
            assert label != f"{facts['backend']} on {facts['device']}"
            assert each.inputs == own.inputs
            assert all(key in stratum.jobs for key in each.keys)
            assert each.provenance in whole.provenance
    compare_strata(whole)
