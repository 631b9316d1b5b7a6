"""Building on a Dask cluster: the graph of a build without one, whatever dies on the way."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from kg import cluster
from kg.backup import graph_texts
from kg.build import build
from kg.cluster import Cluster, ClusterError
from kg.sources import Source
from kg.store import Reader
from tests.conftest import CASES, ROOT, SAMPLES
from tests.dask_cluster import Running, dask_cluster
from tests.sparql_server import free_port
from tests.test_downloads import Listing, web
from tests.test_house import PACKAGES, imported


@pytest.fixture(scope="module")
def dask() -> Iterator[Running]:
    """Give a cluster of two workers; a file that has ended two of them is given up."""
    with dask_cluster(SCHEDULER__ALLOWED_FAILURES="1") as running:
        yield running


def graphs(store: Path) -> list[str]:
    with Reader(store) as reader:
        return list(graph_texts(reader.store))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give documents of several kinds: whole, in an archive, empty, none of a known format by its content."""
    place = tmp_path_factory.mktemp("documents")
    texts = sorted(SAMPLES.glob("*.txt"))
    assert len(texts) > 2
    for number in range(6):
        (place / f"{number}.txt").write_bytes(texts[number % len(texts)].read_bytes() + f"\n第{number}份\n".encode())
    with zipfile.ZipFile(place / "部门.zip", "w") as archive:
        for text in texts:
            archive.write(text, f"下级/{text.name}")
    (place / "空.txt").touch()
    (place / "坏.pdf").write_bytes(b"%PDF-1.4 broken")
    return place


@pytest.fixture(scope="module")
def alone(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Give the graphs of a build without a cluster."""
    store = tmp_path_factory.mktemp("alone") / "store"
    assert build(store, [folder]).failed == 2
    return graphs(store)


def kg(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kg.cli", *words]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def lines(text: str) -> list[str]:
    return text.splitlines()


# ------------------------------------------------------------------------------------------------------- whole builds
def test_a_cluster_gives_the_same_graph(dask: Running, folder: Path, alone: list[str], tmp_path: Path) -> None:
    words = ("build", str(folder), "--store", str(tmp_path / "store"), "--scheduler", dask.url)
    first, again = kg(*words), kg(*words)
    assert first.returncode == again.returncode == 1  # two files cannot be read
    assert len(lines(first.stderr)) == 2
    assert first.stderr == again.stderr
    assert "没有变化" in again.stdout
    assert graphs(tmp_path / "store") == alone


BUILDING = """
import os, pathlib, signal, sys
from kg import build
from kg.messages import KgError
store, folder, scheduler, after, victim = sys.argv[1:]
class Killing(build.Nobody):
    left = int(after)
    def advance(self, name, pages):
        self.left -= 1
        if self.left == 0:
            if int(victim):
                os.kill(int(victim), signal.SIGKILL)
            else:
                signal.raise_signal(signal.SIGINT)
if __name__ == "__main__":
    build._BATCH = 1
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes do not hear it
    try:
        tally = build.build(pathlib.Path(store), [pathlib.Path(folder)], watcher=Killing(), scheduler=scheduler)
        print(tally.exit_code)
    except KgError as error:
        print(error)
"""


def building(store: Path, folder: Path, running: Running, after: int, victim: int) -> str:
    """Build, and end a process when so many files are done; with 0, send Ctrl-C to the build."""
    words = [str(store), str(folder), running.url, str(after), str(victim)]
    done = subprocess.run(
        [sys.executable, "-c", BUILDING, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_a_worker_killed_in_the_middle_costs_nothing(folder: Path, alone: list[str], tmp_path: Path) -> None:
    with dask_cluster() as running:
        assert building(tmp_path / "store", folder, running, 1, running.workers[0]) == "1"
    assert graphs(tmp_path / "store") == alone


def test_a_cluster_that_vanishes_loses_nothing_that_was_read(folder: Path, alone: list[str], tmp_path: Path) -> None:
    store = tmp_path / "store"
    with dask_cluster() as running:
        said = building(store, folder, running, 3, running.pid)
    assert "断开了；读完的都已存入；请检查集群后再运行同一命令，只读其余的" in said
    stored = [text for text in graphs(store) if text in set(alone)]
    assert len(stored) >= 3
    assert build(store, [folder]).unchanged >= 3
    assert graphs(store) == alone


def test_ctrl_c_leaves_no_work_behind(dask: Running, folder: Path, tmp_path: Path) -> None:
    assert building(tmp_path / "store", folder, dask, 2, 0) == "130"
    from distributed import Client

    with Client(dask.url.replace("dask://", "tcp://"), set_as_default=False) as client:
        while client.run_on_scheduler(waiting_tasks):  # what was being read is finished, nothing new is begun
            time.sleep(0.1)
    assert build(tmp_path / "store", [folder]).unchanged >= 2


def waiting_tasks(dask_scheduler: object) -> int:
    return len(dask_scheduler.tasks)  # type: ignore[attr-defined]


# --------------------------------------------------------------------------------------------------- files that kill
def reading(notes: Path, source: Source) -> str:
    """Be the reader of a file that does what its name says; runs on a worker, in the process that reads."""
    number = source.name.partition(".")[0]
    if number == "dies":
        os._exit(1)
    if number == "kills":
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()
    if number == "waits":
        try:
            (notes / "worker").touch(exist_ok=False)
        except FileExistsError:
            return "read again"
        (notes / "pid").write_text(str(os.getppid()))
        (notes / "pid").rename(notes / "ready")
        signal.pause()
    if number == "fails":
        raise ValueError(number)
    assert source.copy is not None
    return source.copy.read_text()


def sources(folder: Path, *names: str) -> list[Source]:
    for name in names:
        (folder / name).write_text(f"content of {name}")
    return [Source(folder / name, name) for name in names]


def answers(running: Running, folder: Path, *names: str) -> list[str]:
    with Cluster(running.url, print) as connected:
        found = connected.in_order(partial(reading, folder), sources(folder, *names), lambda source: f"- {source.name}")
        return [answer for _, answer in found]


def test_files_that_end_their_process_or_worker_are_given_up(dask: Running, tmp_path: Path) -> None:
    names = ("1.txt", "dies.txt", "2.txt", "kills.txt", "3.txt", "4.txt", "5.txt")
    expected = [f"- {name}" if name[0] in "dk" else f"content of {name}" for name in names]
    assert answers(dask, tmp_path, *names) == expected


def test_a_file_whose_worker_is_killed_is_read_by_another(dask: Running, tmp_path: Path) -> None:
    def kill() -> None:
        while not (tmp_path / "ready").exists():
            time.sleep(0.02)
        os.kill(int((tmp_path / "ready").read_text()), signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    expected = ["content of 1.txt", "read again", "content of 2.txt"]
    assert answers(dask, tmp_path, "1.txt", "waits.txt", "2.txt") == expected
    killer.join()


def test_a_defect_of_the_reader_is_told(dask: Running, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"上出错（ValueError: fails）；请在集群的调度器和每个工作进程那里装好"):
        answers(dask, tmp_path, "1.txt", "fails.txt")


def test_what_waits_is_bounded_by_its_size(dask: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_BYTES_IN_FLIGHT", 20)
    names = [f"{number}.txt" for number in range(6)]
    taken: list[str] = []

    def told() -> Iterator[Source]:
        for source in sources(tmp_path, *names):
            taken.append(source.name)
            yield source

    with Cluster(dask.url, print) as connected:
        for done, (source, answer) in enumerate(connected.in_order(partial(reading, tmp_path), told(), str)):
            assert answer == f"content of {source.name}"
            assert len(taken) <= done + 2  # two files of 16 bytes are more than 20
    assert taken == names


# ----------------------------------------------------------------------------------------------- clusters that are none
def refused(running: Running | str, tmp_path: Path, **environment: str) -> str:
    """Build on a cluster that cannot be used; give the one line that says why."""
    url = running if isinstance(running, str) else running.url
    store = tmp_path / "store"
    done = kg("build", str(SAMPLES), "--store", str(store), "--scheduler", url, **environment)
    assert (done.returncode, done.stdout, len(lines(done.stderr))) == (2, "", 1), done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a cluster whose workers have other rules."""
    script = tmp_path_factory.mktemp("odd") / "odd.py"
    script.write_text("import kg.version\nkg.version.VERSION = '0.0.9'\n")
    with dask_cluster(1, WORKER__PRELOAD=f'["{script}"]') as running:
        yield running


def test_other_rules_are_refused_by_name(odd: Running, tmp_path: Path) -> None:
    said = refused(odd, tmp_path)
    assert "的工作进程tcp://127.0.0.1:" in said
    assert "上jisu-kg的版本是0.0.9+" in said
    assert "，本机是0.1.0+" in said
    assert "请在集群的调度器和每个工作进程那里装好与本机相同的版本" in said
    assert not (tmp_path / "store").exists()


def test_workers_that_come_later_are_checked_too(odd: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "_check", lambda _: None)
    with pytest.raises(ClusterError, match=r"的工作进程tcp://127\.0\.0\.1:\d+上jisu-kg的版本是0\.0\.9\+"):
        answers(odd, tmp_path, "1.txt")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys\nsys.modules['kg.cluster'] = None\n", "不能运行jisu-kg（Exception: ModuleNotFoundError("),
        (
            "import platform\nplatform.python_version_tuple = lambda: ('3', '99', '0')\n",
            "Python的版本是3.99，本机是3.",
        ),
    ],
    ids=["nothing", "python"],
)
def test_workers_that_lack_something(script: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(script)
    with dask_cluster(1, WORKER__PRELOAD=f'["{tmp_path / "script.py"}"]') as running:
        assert message in refused(running, tmp_path)


def test_no_workers_are_waited_for_and_told(folder: Path, tmp_path: Path) -> None:
    with dask_cluster(0) as running:
        words = ("build", str(folder), "--store", str(tmp_path / "store"), "--scheduler", running.url)
        done = kg(*words, KG_CLUSTER_TIMEOUT="2")
    waits, gives_up = [line for line in lines(done.stderr) if "没有工作进程" in line]
    assert "上没有工作进程，最多等2秒" in waits
    assert "上2秒没有工作进程；读完的都已存入" in gives_up
    assert done.returncode == 2


def test_nobody_there(tmp_path: Path) -> None:
    said = refused(f"dask://127.0.0.1:{free_port()}", tmp_path, KG_CLUSTER_TIMEOUT="1")
    assert "1秒内连不上集群的调度器tcp://127.0.0.1:" in said
    assert not (tmp_path / "store").exists()


def test_a_server_of_another_kind(tmp_path: Path) -> None:
    with web(Listing) as site:
        said = refused(site.replace("http:", "dask:"), tmp_path, KG_CLUSTER_TIMEOUT="2")
    assert "连不上集群的调度器tcp://127.0.0.1:" in said


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give Dask's settings for TLS with one certificate that all trust and show."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert").write_bytes(built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (folder / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    shown = {
        f"COMM__TLS__{who}__{what.upper()}": str(folder / what)
        for who in ("SCHEDULER", "WORKER", "CLIENT")
        for what in ("cert", "key")
    }
    return {"COMM__REQUIRE_ENCRYPTION": "true", "COMM__TLS__CA_FILE": str(folder / "cert"), **shown}


def test_tls_by_the_configuration_of_dask(certificates: dict[str, str], tmp_path: Path) -> None:
    ours = {f"DASK_DISTRIBUTED__{name}": value for name, value in certificates.items()}
    with dask_cluster(1, **certificates) as running:
        assert running.url.startswith("tls://")
        plain = running.url.replace("tls://", "dask://")
        assert "2秒内连不上集群的调度器tcp://" in refused(plain, tmp_path, KG_CLUSTER_TIMEOUT="2")
        said = refused(running, tmp_path)
        assert "（TypeError: TLS expects a `ssl_context` argument" in said
        done = kg("build", str(SAMPLES), "--store", str(tmp_path / "store"), "--scheduler", plain, **ours)
        assert (done.returncode, done.stderr) == (0, "")


with (CASES / "cluster" / "addresses.csv").open(encoding="utf-8", newline="") as rows:
    ADDRESSES = list(csv.DictReader(rows))


@pytest.mark.parametrize("case", ADDRESSES, ids=lambda case: case["scheduler"])
def test_addresses(case: dict[str, str]) -> None:
    assert len(ADDRESSES) == 14
    encrypted = case["encrypted"] == "yes"
    if case["address"]:
        assert cluster._address(case["scheduler"], encrypted=encrypted) == case["address"]
    else:
        with pytest.raises(ClusterError, match="不是Dask调度器的地址；请写成 dask://主机:端口") as refusal:
            cluster._address(case["scheduler"], encrypted=encrypted)
        assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("seconds", ["0", "-1", "x", "inf", "nan"])
def test_times_that_are_none(seconds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KG_CLUSTER_TIMEOUT", seconds)
    with pytest.raises(ClusterError, match="环境变量KG_CLUSTER_TIMEOUT要一个秒数"):
        Cluster("dask://127.0.0.1:1", print)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"这里没有安装；请运行 pip install 'jisu-kg\[cluster\]'"):
        Cluster("dask://127.0.0.1:1", print)


def test_jobs_and_scheduler_exclude_each_other(tmp_path: Path) -> None:
    done = kg("build", str(tmp_path), "--jobs", "2", "--scheduler", "dask://h:1")
    assert (done.returncode, "--scheduler不能和--jobs同用" in done.stderr) == (2, True)


def test_all_libraries_that_read_are_compared() -> None:
    modules = {name for path in (ROOT / "extract").rglob("*.py") for name in imported(path.read_text("utf-8"))}
    named = {"cv2": "opencv-python-headless"}
    others = {named.get(name, name) for name in modules - set(sys.stdlib_module_names) - set(PACKAGES)}
    assert {*others, "onnxruntime"} == {*cluster.LIBRARIES}
