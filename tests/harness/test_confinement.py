"""Tests of confinement, from inside: real workers at every level that this machine grants try what they should not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.contracts.observation import Request
from harness.grading.grade import judge_submission
from harness.grading.opening import open_submission
from harness.judge.confined import Confined
from harness.judge.workers import Workers
from harness.worker.confinement import namespaces, paths
from harness.worker.confinement.kernel import KNOWN, LINUX, MACHINE, KernelError
from harness.worker.confinement.privileges import FIRST_USER
from harness.worker.confinement.syscalls import NUMBERS
from harness.worker.levels import Level

from ..attacks.frames import WALK
from .exams import ROOT, exam, written
from .test_seccomp import REFUSED

SECRET = "do-not-tell-4711"
PROBE = f"""{WALK}
syscall = harness_module("harness.worker.confinement.kernel").syscall

@hookimpl
def preprocess(text):
    scope = {{"raw": raw, "__name__": "probe"}}
    try:
        exec(text, scope)
    except Exception as error:
        return f"{{type(error).__name__}}: {{error}}"
    return repr(scope.get("did"))

def raw(number, *arguments):
    try:
        return syscall("a call", number, *arguments)
    except OSError as error:
        return -error.errno
"""
"""A hook that runs what it is given. `raw` is a system call past Python's audit hook: what stops it is the kernel."""


@dataclass(frozen=True)
class Cell:
    """A worker to try things in."""

    level: Level
    workers: Workers
    subject: Confined

    @property
    def walled(self) -> bool:
        """Whether the kernel refuses, not only Python."""
        return self.level is not Level.PROCESS_ONLY

    def tries(self, code: str) -> str:
        """The `repr` of what the code left in `did`, or what it raised."""
        seen = self.subject.observe(Request("preprocess", {"text": code}))
        assert seen.raised is None, seen.raised
        assert isinstance(seen.result, str)
        return seen.result

    def raw(self, name: str, *arguments: object) -> int:
        """What a system call gives, or minus the error."""
        number = {**NUMBERS[MACHINE], **REFUSED[MACHINE]}[name]
        return int(self.tries(f"did = raw({', '.join(map(repr, (number, *arguments)))})"))

    @property
    def status(self) -> dict[str, str]:
        """The worker's /proc/…/status, as the judge reads it."""
        assert self.tries("did = 1") == "1"
        (worker,) = self.subject._held.values()
        text = Path(f"/proc/{worker.pid}/status").read_text(encoding="ascii")
        return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


@pytest.fixture(scope="module", params=list(Level), ids=str)
def cell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with pytest.MonkeyPatch.context() as patch, Workers(request.param) as workers:
        patch.setenv("SEQGRADE_TEST_SECRET", SECRET)
        if workers.level is not request.param:
            pytest.skip(f"this machine grants {workers.level} only: {workers.reason}")
        opened = open_submission(written(tmp_path_factory.mktemp("probe"), PROBE), None, workers)
        assert isinstance(opened.subject, Confined), opened.error
        yield Cell(workers.level, workers, opened.subject)
        opened.subject.close()


def only_behind_walls(cell: Cell) -> None:
    if not cell.walled:
        pytest.skip("at PROCESS-ONLY nothing but Python's audit hook refuses")


SECRETS = [
    "/etc/passwd", "/etc/hostname", "/proc/self/environ", "/proc/self/maps", "/proc/1/cmdline", "/proc/version",
    "/proc/JUDGE/environ", "/proc/JUDGE/mem", "/dev/mem", "/sys/kernel/notes",
    *(str(ROOT / place) for place in ("pyproject.toml", "reference/text.py", "reference/__init__.py",
                                      "tests/test_text.py", "submissions/mistakes_text.py", "harness/judge/oracle.py",
                                      "harness/worker/rules/refusing.py")),
]  # fmt: skip


@pytest.mark.parametrize("path", SECRETS)
def test_no_file_but_pythons_own_can_be_read(cell: Cell, path: str) -> None:
    """Neither by Python's functions nor by a bare system call, nor a folder of them listed."""
    path = path.replace("JUDGE", str(os.getpid()))
    for opened in (f"open({path!r})", f"open({path!r}, 'rb')", f"__import__('os').open({path!r}, 0)",
                   f"__import__('io').open_code({path!r})", f"__import__('numpy').fromfile({path!r})",
                   f"__import__('torch').load({path!r})",
                   f"__import__('linecache').getlines({path!r})[0]"):  # fmt: skip
        said = cell.tries(f"did = {opened}")
        assert said.startswith(("PermissionError", "FileNotFoundError", "IndexError")), (opened, said)
    assert "Error" in cell.tries(f"import os; did = os.listdir({os.path.dirname(path)!r})")
    if cell.walled:
        for flags in (os.O_RDONLY, os.O_RDWR, os.O_RDONLY | os.O_DIRECTORY):
            assert cell.raw("openat", -100, path.encode(), flags, 0) in (-1, -2, -13, -20)


def test_pythons_own_files_can_be_read_where_paths_can(cell: Cell) -> None:
    """A module that nobody imported before is imported when it is wanted; without paths, the usual ones are there."""
    assert cell.tries("import csv, decimal, unittest.mock, concurrent.futures, torch.optim; did = 1") == "1"
    if cell.level is Level.NO_PATHS or (cell.level is not Level.FULL and not paths.open_to_all(paths.roots())):
        assert "ModuleNotFoundError" in cell.tries("import wave")
        return
    assert cell.tries("import wave, ftplib, xml.dom.minidom, json.tool; did = wave.__name__") == "'wave'"
    assert cell.tries("import inspect, torch.nn; did = 'class RNN(' in inspect.getsource(torch.nn.RNN)") == "True"


WRITING = {
    "open": "open({path!r}, 'w')",
    "append": "open({path!r}, 'a')",
    "os.open": "__import__('os').open({path!r}, 65)",
    "torch.save": "__import__('torch').save([1], {path!r})",
    "numpy.save": "__import__('numpy').save({path!r}, [1])",
    "os.mkdir": "__import__('os').mkdir({path!r})",
    "os.symlink": "__import__('os').symlink('/etc', {path!r})",
    "os.mkfifo": "__import__('os').mkfifo({path!r})",
}


@pytest.mark.parametrize("how", WRITING)
def test_nothing_can_be_written(cell: Cell, how: str, tmp_path: Path) -> None:
    """No file, folder or link comes about, anywhere."""
    if how in ("os.mkfifo", "torch.save") and not cell.walled:
        pytest.skip("Python has no audit event for it, and at PROCESS-ONLY no other wall stands")
    tmp_path.chmod(0o777)
    for path in (tmp_path / "new", Path(f"/tmp/seqgrade-{os.getpid()}"), Path(f"/dev/shm/seqgrade-{os.getpid()}")):
        said = cell.tries(f"did = {WRITING[how].format(path=str(path))}")
        assert "Error" in said
        assert not os.path.lexists(path)


def test_what_is_there_cannot_be_changed(cell: Cell, tmp_path: Path) -> None:
    """Not removed, renamed, truncated, or given other rights; not even where the file's rights would allow it."""
    file = Path(f"/tmp/seqgrade-kept-{os.getpid()}")
    file.write_text("kept")
    file.chmod(0o666)
    try:
        for attempt in ("remove({0!r})", "rename({0!r}, {0!r} + '2')", "truncate({0!r}, 0)", "chmod({0!r}, 0o600)",
                        "utime({0!r})", "link({0!r}, {0!r} + '2')", "open({0!r}, 1)", "open({0!r}, 512)"):  # fmt: skip
            said = cell.tries(f"import os; did = os.{attempt.format(str(file))}")
            assert said.startswith(("PermissionError", "FileNotFoundError", "OSError")), said
        if cell.walled:
            for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_TRUNC, os.O_WRONLY | os.O_CREAT):
                assert cell.raw("openat", -100, str(file).encode(), flags, 0o666) < 0
            assert cell.raw("truncate" if "truncate" in REFUSED[MACHINE] else "ftruncate", str(file).encode(), 0) < 0
            for module in ("os", "torch"):
                own = cell.tries(f"import {module}; did = {module}.__file__").strip("'")
                assert cell.raw("openat", -100, own.encode(), os.O_RDWR, 0) < 0
        assert (file.read_text(), file.stat().st_mode & 0o777) == ("kept", 0o666)
    finally:
        file.unlink()


@pytest.mark.parametrize(
    "code",
    [
        "import socket; did = socket.socket()",
        "import socket; did = socket.create_connection(('127.0.0.1', 9), 1)",
        "import socket; did = socket.getaddrinfo('localhost', 80)",
        "import urllib.request; did = urllib.request.urlopen('http://127.0.0.1/')",
        "import subprocess; did = subprocess.run(['/bin/true'])",
        "import os; did = os.system('true')",
        "import os; did = os.popen('true').read()",
        "import os; did = os.fork()",
        "import os; did = os.forkpty()",
        "import os; did = os.execv('/bin/true', ['true'])",
        "import os; did = os.posix_spawn('/bin/true', ['true'], {})",
        "import os; did = os.spawnv(os.P_WAIT, '/bin/true', ['true'])",
        "import multiprocessing; p = multiprocessing.Process(target=print); did = p.start()",
        "import pty; did = pty.spawn('true')",
        "import ctypes; did = ctypes.CDLL(None)",
        "import ctypes; did = ctypes.CDLL('libc.so.6')",
        "import ctypes; did = ctypes.pythonapi.Py_IncRef",
        "import _ctypes; did = _ctypes.dlopen('libc.so.6', 2)",
        "import os; did = os.kill(os.getppid(), 0)",
        "import os; did = os.kill(os.getpid(), 9)",
        "import os; did = os.killpg(0, 9)",
        "import resource; did = resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
        "import gc; did = gc.get_objects()",
        "import sys; did = sys._current_frames()",
    ],
)
def test_python_refuses_in_words(cell: Cell, code: str) -> None:
    """Network, processes, signals, native code, limits, looks into the interpreter: an error, at every level."""
    said = cell.tries(code)
    missing = cell.level is not Level.FULL and said.startswith(
        "ModuleNotFoundError"
    )  # not imported before, so not there
    assert missing or said.startswith("PermissionError: [Errno 1] a submission may not do this: it "), said
    assert cell.tries("did = 'alive'") == "'alive'"


CALLS: dict[str, tuple[object, ...]] = {
    "socket": (2, 1, 0),
    "socketpair": (1, 1, 0, 0),
    "clone": (int(signal.SIGCHLD), 0, 0, 0, 0),
    "execve": (b"/bin/true", 0, 0),
    "kill": (-1, 0),
    "tkill": (1, 0),
    "ptrace": (0, 0, 0, 0),
    "process_vm_readv": (1, 0, 0, 0, 0, 0),
    "prctl": (38, 0, 0, 0, 0),
    "memfd_create": (b"x", 0),
    "unshare": (0x10000000,),
    "setns": (0, 0),
    "mount": (b"none", b"/tmp", b"tmpfs", 0, 0),
    "bpf": (0, 0, 0),
    "io_uring_setup": (1, 0),
    "userfaultfd": (0,),
    "perf_event_open": (0, 0, 0, 0, 0),
    "keyctl": (0, 0),
    "add_key": (b"user", b"x", b"x", 1, -1),
    "shmget": (0, 4096, 0o1600),
    "msgget": (0, 0o1600),
    "semget": (0, 1, 0o1600),
    "mq_open": (b"x", 66, 0o600, 0),
    "setsid": (),
    "setuid": (0,),
    "setresuid": (0, 0, 0),
    "capset": (0, 0),
    "chroot": (b"/",),
    "openat2": (-100, b"/etc/passwd", 0, 24),
    "pidfd_open": (1, 0),
    "open_by_handle_at": (0, 0, 0),
    "personality": (0x0040000,),
    "setpriority": (0, 0, -5),
    "seccomp": (0, 0, 0),
    "mlock": (0, 4096),
    "reboot": (0, 0, 0, 0),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_kernel_refuses_calls_that_numbers_need_not(cell: Cell, name: str) -> None:
    """Past Python: EPERM, by the filter."""
    only_behind_walls(cell)
    assert cell.raw(name, *CALLS[name]) == -1


def test_no_signal_reaches_another_process(cell: Cell) -> None:
    """Neither the parent nor the judge nor anyone; directly, or by a descriptor that sends them."""
    only_behind_walls(cell)
    assert cell.tries("import os; did = os.getppid()") != "1" or cell.level is Level.FULL
    parent = int(cell.tries("import os; did = os.getppid()"))
    for target in (parent, os.getpid(), 0, -1, 2):
        assert cell.raw("kill", target, 0) == -1
        assert cell.raw("tgkill", target, target, 0) == -1
    said = cell.tries("import fcntl, os; r, w = os.pipe(); did = fcntl.fcntl(r, 10, 9), fcntl.fcntl(r, 8, os.getpid())")
    assert said.startswith("PermissionError"), said


def test_memory_of_another_process_is_out_of_reach(cell: Cell) -> None:
    """Nothing of /proc tells about a process, and nothing of its memory can be read."""
    only_behind_walls(cell)
    for file in ("mem", "maps", "environ", "root/etc/passwd", "task", "stat"):
        for pid in ("self", "1", str(os.getpid())):
            assert cell.raw("openat", -100, f"/proc/{pid}/{file}".encode(), 0, 0) in (-1, -2, -13)


def test_rights_and_users(cell: Cell) -> None:
    """No capability, no new rights, no group; a user of its own, which is not the judge's, where that is root."""
    if not LINUX:
        pytest.skip("/proc is Linux's")
    status = cell.status
    assert status["NoNewPrivs"] == "1"
    assert {int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Amb")} == {0}
    if KNOWN:
        assert status["Seccomp"] == ("2" if cell.walled else "0")
    if os.geteuid() == 0:
        users, groups = set(status["Uid"].split()), set(status["Gid"].split())
        assert status["Groups"] == ""
        assert len(users) == len(groups) == 1
        assert int(users.pop()) >= FIRST_USER or groups == {"65534"}
    assert int(cell.tries("import os; did = os.getuid()")) != 0


def test_no_hook_listens_to_the_harness(cell: Cell) -> None:
    """An audit hook of the submission's is not installed (Python says nothing about that)."""
    assert cell.tries("import sys; heard = []; sys.addaudithook(lambda *a: heard.append(a)); did = heard") == "[]"


def test_two_workers_are_two_users(cell: Cell) -> None:
    """So that neither counts the other's threads or may signal it."""
    if os.geteuid() != 0:
        pytest.skip("only root can give each worker a user of its own")
    first = cell.status["Uid"]
    cell.subject.close()
    assert cell.status["Uid"] != first


def test_environment_holds_no_secret_of_the_judges(cell: Cell) -> None:
    """A clean environment, the same for every submission."""
    assert os.environ["SEQGRADE_TEST_SECRET"] == SECRET
    said = cell.tries("import os; did = dict(os.environ)")
    assert SECRET not in said
    assert str(ROOT) not in said
    assert str(Path.home()) not in said
    assert cell.tries("import os; did = os.getenv('HOME'), os.getcwd()") == "('/nonexistent', '/')"


def test_four_descriptors_are_open(cell: Cell) -> None:
    """Three of the null device, and the line to the judge: no socket of the zygote's, no rules, no folder."""
    listing = (
        "import os, stat\n"
        "did = []\n"
        "for number in range(1000):\n"
        "    try: mode = os.fstat(number)\n"
        "    except OSError: continue\n"
        "    did.append((mode.st_rdev, 'socket' if stat.S_ISSOCK(mode.st_mode) else stat.S_ISCHR(mode.st_mode)))\n"
    )
    null = (os.makedev(1, 3), True)
    assert cell.tries(listing) == repr([null] * 3 + [(0, "socket")])
    assert "64" in cell.tries("import resource; did = resource.getrlimit(resource.RLIMIT_NOFILE)")


@pytest.mark.parametrize(
    "name", ["reference", "reference.text", "harness.judge.oracle", "harness.grading", "harness.cli", "tests",
             "tests.cases", "submissions", "conftest", "harness.builtin"],
)  # fmt: skip
def test_no_secret_can_be_imported(cell: Cell, name: str) -> None:
    """Reference, checks and judge are not there, nor in memory from before."""
    assert cell.tries(f"import {name}; did = 1").startswith("ModuleNotFoundError")
    said = cell.tries("import sys; did = sorted(name for name in sys.modules if not name.startswith('harness.'))")
    assert not {"reference", "tests", "conftest", "pytest", "hypothesis"} & set(
        said.strip("[]").replace("'", "").split(", ")
    )
    assert "harness.judge" not in cell.tries("import sys; did = list(sys.modules)")


def test_no_path_of_the_checkout_is_told(cell: Cell) -> None:
    """Neither the arguments nor what imports look at say where the reference lies."""
    for what in ("sys.argv", "sys.orig_argv", "sys.path", "list(sys.path_importer_cache)", "sys.meta_path",
                 "sys.path_hooks", "list(__import__('harness').__path__)"):  # fmt: skip
        told = cell.tries(f"import sys; did = {what}")
        assert str(ROOT) not in told.replace(sys.prefix, ""), what  # Python's own folder may lie in it


@pytest.mark.parametrize(
    "code",
    [
        "bytearray(3 * 2**30)",
        "__import__('torch').zeros(3 * 2**28)",
        "__import__('torch').zeros(2**20, 2**20)",
        "__import__('numpy').ones(3 * 2**27)",
        "[__import__('numpy').empty(2**24) for _ in range(100)]",
        "__import__('mmap').mmap(-1, 3 * 2**30)",
    ],
)
def test_memory_is_limited(cell: Cell, code: str) -> None:
    """What is beyond the limit is refused there and then, and the worker goes on."""
    if not LINUX:
        pytest.skip("no other system keeps this limit")
    said = cell.tries(f"did = len({code})")
    assert said.startswith("MemoryError") or "allocate memory" in said, said
    assert cell.tries("did = len(bytearray(2**28))") == str(2**28)


def test_want_of_memory_is_a_verdict(cell: Cell, tmp_path: Path) -> None:
    """out_of_memory, with the limit in words."""
    if not LINUX:
        pytest.skip("no other system keeps this limit")
    path = written(tmp_path, "@hookimpl\ndef preprocess(text):\n    return ' ' * (3 * 2**30)\n")
    record = judge_submission(exam(component="preprocess"), open_submission(path, None, cell.workers))
    assert {one.verdict for one in record.checks} == {"out_of_memory"}
    assert "ran out of memory (the limit is 2048 MB)" in record.checks[0].message
    assert record.isolation == cell.level.value


HONEST = {
    "threads": "import concurrent.futures as f; did = sum(f.ThreadPoolExecutor(8).map(abs, range(-9, 0)))",
    "torch in threads": "import torch; torch.set_num_threads(4); "
    "did = int((torch.ones(600, 600) @ torch.ones(600)).sum())",
    "linear algebra": "import torch; did = [int(x) for x in torch.linalg.eigvalsh(torch.diag(torch.arange(3.0)))]",
    "numpy": "import numpy as np; did = [int(x) for x in np.linalg.solve(np.eye(3) * 2, np.arange(3) * 2)]",
    "backward": "import torch; x = torch.ones(2, requires_grad=True); (x * x).sum().backward(); did = x.grad.tolist()",
    "an optimiser": "import torch; p = torch.nn.Linear(2, 1); o = torch.optim.Adam(p.parameters()); "
    "p(torch.ones(1, 2)).sum().backward(); o.step(); did = 1",
    "a data loader": "import torch.utils.data as d; did = len(list(d.DataLoader(range(10), batch_size=5)))",
    "a script": "import torch; did = torch.jit.CompilationUnit('def f(x: int):\\n    return x + 1\\n').f(1)",
    "randomness": "import random, secrets, numpy, torch; "
    "did = len(secrets.token_bytes(4)), int(torch.rand(3).sum() < 0), random.random() < 1",
    "printing a tensor": "import torch; did = repr(torch.arange(3.0) + 0.5)",
    "saving to memory": "import io, torch; did = torch.save([1], io.BytesIO())",
    "einsum": "import torch; did = torch.einsum('ij,jk->ik', torch.eye(2), torch.eye(2)).tolist()",
    "dates": "import datetime; did = datetime.datetime.strptime('2020', '%Y').year",
    "time": "import time; time.sleep(0.01); did = time.process_time() > 0",
    "regular expressions": "import re; did = re.sub('[^a-z]', '', 'a1b2')",
    "warnings": "import warnings; did = warnings.warn('hm')",
    "printing": "import sys; print('a'); print('b', file=sys.stderr); did = 1",
    "/dev/null": "import os; did = open(os.devnull, 'w').write('x')",
    "a pipe of its own": "import os; r, w = os.pipe(); os.write(w, b'x'); did = os.read(r, 1)",
    "a module from text": "import types; m = types.ModuleType('m'); exec('a = 1', m.__dict__); did = m.a",
    "a handled signal": "import signal; did = []; signal.signal(signal.SIGUSR1, lambda *_: did.append(1)); "
    "signal.raise_signal(signal.SIGUSR1)",
}
RESULTS = {
    "threads": "45", "torch in threads": "360000", "linear algebra": "[0, 1, 2]", "numpy": "[0, 1, 2]",
    "backward": "[2.0, 2.0]", "an optimiser": "1", "a data loader": "2", "a script": "2", "randomness": "(4, 0, True)",
    "time": "True", "printing a tensor": "'tensor([0.5000, 1.5000, 2.5000])'", "saving to memory": "None",
    "einsum": "[[1.0, 0.0], [0.0, 1.0]]", "dates": "2020", "regular expressions": "'ab'",
    "warnings": "None", "printing": "1", "/dev/null": "1",
    "a pipe of its own": "b'x'", "a module from text": "1", "a handled signal": "[1]",
}  # fmt: skip


@pytest.mark.parametrize("what", HONEST)
def test_honest_work_goes_on(cell: Cell, what: str) -> None:
    """What exercises need works at every level."""
    if what == "/dev/null" and cell.level is Level.NO_PATHS:
        pytest.skip("no path can be opened at all there")
    assert cell.tries(HONEST[what]) == RESULTS[what]


def test_threads_are_limited(cell: Cell) -> None:
    """A bomb of threads ends with an error in the submission, and the worker lives."""
    if os.geteuid() != 0 or not LINUX or not str(cell.status["Uid"]).startswith("1"):
        pytest.skip("threads can be counted only where each worker has a user of its own")
    said = cell.tries(
        "import threading\n"
        "threading.stack_size(65536)\n"
        "over = threading.Event()\n"
        "started = []\n"
        "try:\n"
        "    for _ in range(1000):\n"
        "        one = threading.Thread(target=over.wait); one.start(); started.append(one)\n"
        "finally:\n"
        "    over.set()\n"
        "    for one in started: one.join()\n"
    )
    assert said == "RuntimeError: can't start new thread"
    assert cell.tries("did = 1") == "1"


def test_alone_in_the_world(cell: Cell) -> None:
    """FULL: the first process of its own namespace, under a root that holds Python's files and no others."""
    if cell.level is not Level.FULL:
        pytest.skip("only namespaces give that")
    assert cell.tries("import os; did = os.getpid(), os.getppid()") == "(1, 0)"
    for path in (
        "/etc/passwd",
        "/proc/self",
        "/home",
        "/root/.ssh",
        str(ROOT / "tests"),
        str(ROOT / "README.md"),
        "/var",
        "/bin/sh",
        "/sys",
    ):
        assert "FileNotFoundError" in cell.tries(f"import os; did = os.stat({path!r})"), path
    assert cell.tries("import os; did = os.access('/', os.W_OK), os.access('/tmp', os.W_OK)") == "(False, False)"


def test_the_new_root_is_made_where_it_hides_nothing() -> None:
    """Python may lie anywhere, under /tmp too; what is mounted over a folder hides all in it."""
    places = [Path(folder) for folder in namespaces.STAGES if Path(folder).is_dir()]
    if len(places) < 2:
        pytest.skip("this system has too few folders to choose from")
    assert namespaces._stage([]) == places[0]
    assert namespaces._stage([places[0] / "environment" / "lib"]) == places[1]
    with pytest.raises(KernelError, match="can be mounted over"):
        namespaces._stage(places)
