import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import fakes
import pytest

from harness.errors import UsageError
from harness.examples import Value
from harness.pipeline import Session, verify
from harness.plan import Verb
from harness.prepared import Options
from harness.record.file import read
from harness.run import ray_connection
from harness.run.environment import Environment, find_environment
from harness.run.executor import Executor
from harness.run.nodes import ClusterNode, needs_of, refuse_unlike, refuse_unmet, versions_here
from harness.run.ray_cluster import RayCluster, absolute
from harness.sharing.presence import FOLDER

TESTS = Path(__file__).resolve().parents[1]
HERE = versions_here()


@pytest.fixture(autouse=True)
def _fakes(fakes_without_pdf):
    pass


@pytest.fixture
def session(tmp_path):
    with Session(Options(device="cpu", store=tmp_path / "store", cluster="auto"), fakes.Told()) as opened:
        yield opened


@pytest.fixture
def executor(session, tmp_path):
    (prepared,) = session.prepare([fakes.write_pack(tmp_path / "fakes")])
    return session.executor(prepared, prepared.whole)


def on_gpu(executor):
    there = Environment("tensorflow", "gpu", executor.environment.facts)
    return Executor(executor.plan, executor.store, there, (), executor.display)


def node(cpus, gpus=0, address="10.0.0.1:7", **other):
    return ClusterNode("x", address, {"CPU": cpus, "GPU": gpus}, **{"versions": HERE, **other})


def jobs_of(executor):
    return [job for job in executor.backlog.missing() if job.verb.keeps_result]


def test_every_job_needs_a_processor_and_on_a_gpu_what_computes_needs_one(executor):
    assert {(needs["CPU"], needs["GPU"]) for needs in (needs_of(job, executor) for job in jobs_of(executor))} == {
        (1, 0)
    }
    gpu = on_gpu(executor)
    assert all(
        needs_of(job, gpu)["GPU"] == (job.verb is not Verb.SHOW or gpu.given_a_model(job)) for job in jobs_of(gpu)
    )


def test_a_need_that_no_node_has_is_refused_with_what_each_has(executor):
    refuse_unmet(jobs_of(executor), executor, [node(1)])
    with pytest.raises(
        UsageError, match=r"needs 1 CPU, 1 GPU, which no node has \(10.0.0.1:7: 4 CPU, 0 GPU; b: 0 CPU, 2 GPU\)"
    ):
        refuse_unmet(jobs_of(executor), on_gpu(executor), [node(4), node(0, 2, "b")])


def test_another_harness_on_a_node_is_refused_and_other_versions_are_named(tmp_path):
    assert refuse_unlike([node(1)], tmp_path) == []
    with pytest.raises(UsageError, match=rf"expected harness {HERE['paper-harness']} on every node; b has 0.0.1"):
        refuse_unlike([node(1), node(1, address="b", versions={**HERE, "paper-harness": "0.0.1"})], tmp_path)
    (said,) = refuse_unlike([node(1, address="b", versions={**HERE, "numpy": "1.0"})], tmp_path)
    assert said.startswith(f"b has numpy 1.0, this machine {HERE['numpy']}")


def test_a_node_that_does_not_see_the_store_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"b does not have access to the store .*--store"):
        refuse_unlike([node(1), node(1, address="b", sees_store=False)], tmp_path)


def test_what_is_passed_to_other_processes_means_the_same_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = absolute(Options(store=Path("s"), data_dir=Path("d")), find_environment("cpu"))
    assert (options.store, options.data_dir, options.device) == (tmp_path / "s", tmp_path / "d", "cpu")


def test_the_processes_of_a_cluster_plan_the_pilot_runs_that_they_are_to_make(tmp_path):
    pack = fakes.write_pack(tmp_path / "fakes")
    asked = Options(device="cpu", store=tmp_path / "store", cluster="auto", pilot=True, runs=4)
    with Session(asked, fakes.Told()) as session:
        (prepared,) = session.prepare([pack])
        executor = session.executor(prepared, prepared.whole)
        passed_on = session._cluster(executor, prepared).options
    with Session(passed_on, fakes.Told()) as there:
        (planned,) = there.prepare([pack])
    assert planned.whole.jobs.keys() == executor.plan.jobs.keys()
    assert {row.run for rows in planned.whole.wants.values() for row in rows} == {1000, 1001, 1002, 1003}


def test_without_ray_the_option_says_how_to_install_it(executor, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UsageError, match="make extras"):
        RayCluster("auto", Path("x"), Options(), executor).run(lambda: None)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A cluster of Ray within this machine, of two nodes, and the address of it."""
    pytest.importorskip("ray", reason="needs Ray: make extras")
    home = Path(tempfile.mkdtemp(prefix="ray-"))  # its sockets' paths must be short
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS.parent), str(TESTS)]))
    monkeypatch.setattr(ray_connection, "ENTRY", "raying:attempt_of_fakes")
    from ray.cluster_utils import Cluster

    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 * 2**20},
    )
    made.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    yield made
    made.shutdown()
    shutil.rmtree(home, ignore_errors=True)


def ray_cluster_of(cluster, session, executor, tmp_path):
    options = absolute(Options(device="cpu", store=tmp_path / "store"), executor.environment)
    return RayCluster(cluster.address, tmp_path / "fakes", options, executor)


def log(tmp_path):
    return [line.split()[0] for line in (tmp_path / "log").read_text().splitlines()]


@pytest.mark.slow
def test_a_cluster_does_each_job_once_and_a_node_that_is_killed_meanwhile_costs_no_more_than_what_it_had(
    cluster, session, executor, tmp_path, monkeypatch
):
    monkeypatch.setenv("RAYING_SECONDS", "1.0")
    monkeypatch.setattr(ray_connection, "PASSED_ON", (*ray_connection.PASSED_ON, "RAYING_SECONDS"))
    node = cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    (tmp_path / "log").touch()

    ended = threading.Event()

    def kill():
        """Kill the node while the job begun last, of the later ones, is in its hands."""
        while not ended.wait(0.05):
            begun = (tmp_path / "log").read_text().splitlines()
            if len(begun) >= 15 and begun[-1].split()[1] == node.node_id:
                cluster.remove_node(node, allow_graceful=False)
                return

    killer = threading.Thread(target=kill)
    killer.start()
    mine = ray_cluster_of(cluster, session, executor, tmp_path)
    mine.run(lambda: None)
    ended.set()
    killer.join()
    assert mine.failures == {}
    assert all(isinstance(executor.stored(key), Value) for key in executor.plan.all_keys)
    assert any("its process or node was lost" in said for said in executor.display.said)
    begun = log(tmp_path)
    assert len(begun) - len(set(begun)) <= 1  # what the node had
    assert list((tmp_path / "store" / FOLDER).iterdir()) == []
    plain = Executor(
        executor.plan, type(executor.store)(tmp_path / "alone", "fake-cpu"), executor.environment, (), fakes.Told()
    )
    plain.run()
    assert {key: plain.stored(key) for key in plan_keys(plain)} == {
        key: executor.stored(key) for key in plan_keys(executor)
    }


def plan_keys(executor):
    return executor.plan.all_keys


@pytest.mark.slow
def test_a_gpu_that_the_cluster_has_not_is_refused_at_once(cluster, session, executor, tmp_path):
    mine = ray_cluster_of(cluster, session, on_gpu(executor), tmp_path)
    start = time.monotonic()
    with pytest.raises(UsageError, match=r"needs 1 CPU, 1 GPU, which no node has .*: 1 CPU, 0 GPU"):
        mine.run(lambda: None)
    assert time.monotonic() - start < 60


@pytest.mark.slow
def test_verify_on_a_cluster_writes_the_record_of_the_whole_pack(cluster, tmp_path):
    options = Options(device="cpu", store=tmp_path / "store", out=tmp_path / "reports", cluster=cluster.address)
    (done,) = verify([fakes.write_pack(tmp_path / "fakes")], options)
    assert not done.interrupted
    kept = read(tmp_path / "reports" / "fakes").measurements
    assert all(len(each.runs) in {1, 3} and each.missing is None for each in kept.values())
    assert list((tmp_path / "store" / FOLDER).iterdir()) == []
