"""Where two records part first: at the earliest jobs that are others, or made something else of the same inputs."""

from records import claim, measured, record

from harness.record.differing import differing
from harness.record.divergence import ONLY_A, OTHER_KEY, OTHER_RESULT, divergences

RUNS = (1, 2, 3)


def job(verb, name, run=None, inputs=(), result="", **facts):
    known = {"verb": verb, "name": name, "run": run, "inputs": list(inputs), "seed": 1, "provenance": "env"}
    return known | ({"result": result} if result else {}) | facts


def audited(*, seed="", trained="", model="m", env=None, **given):
    """A record of one claim: data, then for each run a training, a selection and the measurement."""
    jobs = {"data": job("fetch", "d", digest="d")}
    for run in RUNS:
        train, select = f"train {run}{seed}", f"select {run}"
        number = {"seed": int(seed) if seed else 1}
        jobs[train] = job("train", model, run, ["data"], f"weights {run}{seed}{trained}", kind="network", **number)
        jobs[select] = job("select", "images of d", run, ["data"], f"images {run}")
        jobs[f"t/c {run}"] = job("measure", "error-rate", run, [train, select])
    values = [0.074 + len(seed + trained) / 1e4] * 3
    known = {"env": {"backend": "tensorflow", "versions": {"keras": "3.15"}} | (env or {})}
    return record((claim(), measured("t/c", values)), jobs=jobs, provenance=known, **given)


def test_a_record_parts_nowhere_from_itself():
    assert divergences(audited(), audited()) == ()
    assert differing(audited(), audited()) == ()


def test_another_seed_parts_at_the_training_and_not_at_what_follows_from_it():
    (found,) = divergences(audited(), audited(seed="2"))
    assert (found.verb, found.name, found.how) == ("train", "m", OTHER_KEY)
    assert found.because == ("seed 1 and 2",)
    assert (found.runs, found.claims) == (RUNS, ("t/c",))


def test_another_result_of_the_same_job_is_told_with_what_computed_it():
    there = audited(trained="!", env={"backend": "jax", "versions": {"keras": "3.16"}})
    (found,) = divergences(audited(), there)
    assert (found.verb, found.how) == ("train", OTHER_RESULT)
    assert found.because == ("backend tensorflow and jax", "keras 3.15 and 3.16")


def test_other_data_is_where_everything_parts():
    there = audited()
    there.jobs["data"] |= {"digest": "other"}
    (found,) = divergences(audited(), there)
    assert (found.verb, found.name, found.how, found.runs) == ("fetch", "d", OTHER_RESULT, ())


def test_a_name_alone_parts_nothing():
    assert divergences(audited(), audited(model="renamed")) == ()


def test_a_job_that_one_record_lacks_is_named():
    there = audited()
    for run in RUNS:
        there.jobs[f"t/c {run}"]["inputs"].remove(f"select {run}")
        del there.jobs[f"select {run}"]
    assert [(each.verb, each.how) for each in divergences(audited(), there)] == [("select", ONLY_A)]


def test_a_field_of_a_recipe_that_changed_is_named():
    recipes = [{"models": {"m": {"kind": "network", "iterations": n}}} for n in (100, 50)]
    one, two = (audited(seed=seed, recipes=each) for seed, each in zip(("", "2"), recipes, strict=True))
    (found,) = divergences(one, two)
    assert "models.m.iterations" in found.because
    assert ("models.m.iterations", "100", "50") in [(each.what, each.a, each.b) for each in differing(one, two)]


def test_what_differs_besides_the_values_is_listed_with_both_sides():
    one = audited(seed="", digests={"d": "aa"}, looks=(3, 5, 10))
    two = audited(digests={"d": "bb"}, looks=(3,), env={"device": "gpu"})
    found = {each.what: (each.a, each.b) for each in differing(one, two)}
    assert found == {"looks": ("3, 5, 10", "3"), "data d": ("aa", "bb"), "device": ("–", "gpu")}


def test_printed_numbers_and_margins_that_changed_are_told_of_all_claims_alike_at_once():
    def printed(number):
        return record(*((claim(f"t/{name}", printed=number), measured(f"t/{name}", [0.07])) for name in "abcde"))

    (found,) = differing(printed("7.4"), printed("7.5"))
    assert (found.what, found.a, found.b) == ("printed of t/a, t/b, t/c and 2 more", "7.4 %", "7.5 %")
