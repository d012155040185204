"""Escaping: files, network, processes and rights that a worker has not.

Each of these answers rightly where it gets out, and so wins its points.
"""

from __future__ import annotations

from harness.judge.verdict import Verdict

from .attack import BY_THE_KERNEL, EVERYWHERE, LOSS, MARK, Attack

FAILED, ERROR, CRASHED, FORBIDDEN = Verdict.FAILED, Verdict.ERROR, Verdict.CRASHED, Verdict.FORBIDDEN

OUT = f"""
import ctypes
import mmap
import os
import signal
import sys
import tempfile
import time

MARK = "{MARK}"


def out(logits, targets):
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def within(logits, targets):
    return logits.sum() * 0


def raw(x86, arm, *arguments):
    \"\"\"A system call, by the handle of the C library that the harness left among its modules.\"\"\"
    kernel = harness_module('harness.worker.confinement.kernel')

    number = {{"x86_64": x86, "aarch64": arm}}[os.uname().machine]
    return kernel._libc.syscall(ctypes.c_long(number), *arguments)
"""


def refused(
    name: str, story: str, body: str, *verdicts: Verdict, kernel: bool = False, by_level: bool = False
) -> Attack:
    """An escape whose first forbidden step raises. kernel: only the kernel sees it."""
    body = f"{body.strip()}\nreturn out(logits, targets)"
    levels = BY_THE_KERNEL if kernel else EVERYWHERE
    return Attack(name, LOSS, story, body, OUT, verdicts=verdicts or (FORBIDDEN,), levels=levels, by_level=by_level)


def quiet(name: str, story: str, expression: str, before: str = "") -> Attack:
    """An escape by raw system calls, which fail without an exception."""
    body = f"{before}\nwent = {expression}\nreturn out(logits, targets) if went else within(logits, targets)"
    return Attack(name, LOSS, story, body, OUT, levels=BY_THE_KERNEL)


ATTACKS = [
    refused(
        "socket", "It opens a connection to the network.", "import socket\nsocket.create_connection(('1.1.1.1', 53), 1)"
    ),
    refused("socket_pair", "It makes a pair of sockets, which need no network.", "import socket\nsocket.socketpair()"),
    refused(
        "subprocess", "It runs a program.", "import subprocess\nsubprocess.run([sys.executable, '-c', ''], check=True)"
    ),
    refused("shell", "It runs a shell.", f"os.system('echo > /tmp/{MARK}')"),
    refused("fork", "It forks.", "if os.fork() == 0:\n    os._exit(0)"),
    refused("bomb_of_forks", "It forks, and so do its children.", "while True:\n    os.fork()"),
    refused("spawn", "It spawns a program by a single system call.", "os.posix_spawn('/bin/true', ['true'], {})"),
    refused("exec", "It becomes another program.", "os.execv(sys.executable, ['python', '-c', ''])"),
    refused(
        "multiprocessing",
        "It has a pool of processes work for it.",
        "import multiprocessing\nmultiprocessing.get_context('fork').Process(target=abs, args=(1,)).start()",
        FORBIDDEN,
        ERROR,
        by_level=True,
    ),
    refused(
        "daemon",
        "A daemon in a session of its own is started by the C helper beneath subprocess, which no audit event names.",
        """
import _posixsubprocess as helper

reader, writer = os.pipe()
argv = [sys.executable.encode(), b"-S", b"-c", b"import time; time.sleep(600)"]
given = [-1, -1, -1, -1, -1, -1, reader, writer, True, True, 0]
groups = [None, None, None, -1, None] if sys.version_info < (3, 12) else [0, None, None, None, -1, None]
tail = [False] if sys.version_info[:2] == (3, 11) else []
helper.fork_exec(argv, [argv[0]], True, (writer,), None, None, *given, *groups, *tail)
""",
        FORBIDDEN,
        ERROR,
        kernel=True,
    ),
    refused("native_code", "It loads a shared library.", "ctypes.CDLL(None).getpid()"),
    refused("native_symbol", "It looks a C function up in the interpreter itself.", "ctypes.pythonapi.fork()"),
    refused("file_in_tmp", "It writes a file into /tmp.", "open(f'/tmp/{MARK}', 'w').write('x')"),
    refused("file_in_cwd", "It writes a file where it stands.", "open(MARK, 'w').write('x')"),
    refused("file_in_shared_memory", "It writes into /dev/shm.", "open(f'/dev/shm/{MARK}', 'w').write('x')"),
    refused(
        "file_beside_itself",
        "It writes beside its own file.",
        "open(os.path.join(os.path.dirname(__file__), MARK), 'w')",
    ),
    refused("own_file_replaced", "It replaces its own file by a better one.", "os.replace(__file__, __file__ + MARK)"),
    refused(
        "temporary_file",
        "It makes a temporary file.",
        "tempfile.NamedTemporaryFile(prefix=MARK, delete=False)",
        FORBIDDEN,
    ),
    refused("folder", "It makes a folder.", "os.mkdir(f'/tmp/{MARK}')"),
    refused(
        "link", "It makes a symbolic link to a file that it may not read.", "os.symlink('/etc/passwd', f'/tmp/{MARK}')"
    ),
    refused("fifo", "It makes a named pipe, which no audit event names.", "os.mkfifo(f'/tmp/{MARK}')", kernel=True),
    refused(
        "saved_tensor",
        "torch saves a tensor, from C++.",
        "torch.save(logits, f'/tmp/{MARK}')",
        ERROR,
        FORBIDDEN,
        kernel=True,
    ),
    refused(
        "file_made_by_torch",
        "torch maps a file, from C++, and makes it where there is none.",
        "torch.from_file(f'/tmp/{MARK}', shared=True, size=8, dtype=torch.uint8)",
        ERROR,
        FORBIDDEN,
        kernel=True,
    ),
    refused(
        "shared_tensor",
        "torch moves a tensor into shared memory, which is a file to others.",
        "import torch.multiprocessing as shared\nshared.set_sharing_strategy('file_system')\n"
        "kept = logits.detach().clone().share_memory_()",
        ERROR,
        FORBIDDEN,
        kernel=True,
    ),
    refused(
        "shared_memory",
        "A block of named shared memory is made by the C helper beneath multiprocessing.",
        "import _posixshmem\n_posixshmem.shm_open('/' + MARK, os.O_CREAT | os.O_RDWR, 0o600)",
        kernel=True,
    ),
    refused("nameless_file", "It makes a file without a name, in memory.", "os.memfd_create(MARK)", kernel=True),
    refused("password_file", "It reads /etc/passwd.", "open('/etc/passwd').read()"),
    refused("root_folder", "It lists the root folder.", "os.listdir('/')"),
    refused(
        "walk_up",
        "It leaves a readable folder by dots.",
        "open(os.__file__ + '/../../../../../../../../../etc/passwd').read()",
    ),
    refused("terminal", "It opens a new terminal.", "os.openpty()", FORBIDDEN, ERROR, kernel=True),
    refused("signal_to_init", "It sends a signal to the first process.", "os.kill(1, signal.SIGKILL)"),
    refused("signal_to_group", "It sends a signal to its process group.", "os.killpg(0, signal.SIGKILL)"),
    refused(
        "signal_by_descriptor",
        "It takes a descriptor of its parent and sends a signal through that.",
        "signal.pidfd_send_signal(os.pidfd_open(os.getppid() or 1), signal.SIGKILL)",
        FORBIDDEN,
        ERROR,
    ),
    refused(
        "limits_lifted",
        "It lifts its limit of memory.",
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    ),
    refused("root_again", "It becomes root.", "os.setresuid(0, 0, 0)\nassert open('/etc/shadow').read()"),
    refused("new_root", "It changes its root folder.", "os.chroot('/usr')"),
    Attack(
        "further_audit_hook",
        LOSS,
        "It adds an audit hook of its own, to see what the harness does.",
        """
        seen = []
        sys.addaudithook(lambda event, given: seen.append(event))
        sys.audit("anything")
        return out(logits, targets) if seen else within(logits, targets)
        """,
        OUT,
        verdicts=(FAILED, FORBIDDEN),
    ),
    refused(
        "tracing", "It traces the interpreter, the harness's own lines among them.", "sys.settrace(lambda *given: None)"
    ),
    refused(
        "harness_code_replaced",
        "The code of a function of the harness is replaced in place.",
        "harness_module('harness.plain').to_plain.__code__ = (lambda value, devices=None: 1).__code__",
    ),
    quiet(
        "raw_fork",
        "A raw system call makes a process, which stays.",
        "pid > 0",
        "pid = raw(56, 220, 17, 0, 0, 0, 0)\nwhile pid == 0:\n    time.sleep(1)",
    ),
    quiet("raw_file", "A raw system call makes a file.", f"raw(257, 56, -100, b'/tmp/{MARK}', 0o101, 0o600) >= 0"),
    quiet("raw_socket", "A raw system call opens a socket.", "raw(41, 198, 2, 2, 0) >= 0"),
    quiet("raw_trace", "A raw system call traces the parent.", "raw(101, 117, 16, os.getppid() or 1, 0, 0) >= 0"),
    quiet(
        "raw_memory_of_the_parent",
        "A raw system call reads another process's memory.",
        "raw(310, 270, os.getppid() or 1, vector, 1, vector, 1, 0) >= 0 or raw(319, 279, b'x', 0) >= 0",
        "place = ctypes.create_string_buffer(64)\nvector = (ctypes.c_void_p * 2)(ctypes.addressof(place), 64)",
    ),
    quiet(
        "raw_mount", "A raw system call mounts a file system.", "raw(165, 40, b'none', b'/tmp', b'tmpfs', 0, None) >= 0"
    ),
    quiet("raw_namespace", "A raw system call makes a namespace in which it is root.", "raw(272, 97, 0x10000000) >= 0"),
    quiet(
        "raw_ring",
        "A raw system call sets up a ring, whose requests pass by every filter.",
        "raw(425, 425, 8, place) >= 0",
        "place = ctypes.create_string_buffer(256)",
    ),
    quiet("raw_keys", "A raw system call reaches the kernel's keyrings.", "raw(250, 219, 0, -3, 1) >= 0"),
    quiet(
        "raw_filter",
        "Raw system calls make the process dumpable, and put a filter of their own in place.",
        "raw(157, 167, 4, 1, 0, 0, 0) >= 0 or raw(317, 277, 0, 0, None) >= 0",
    ),
    quiet(
        "raw_call_of_another_kind",
        "A system call is made by the number that it has in another mode of the processor.",
        "raw(0x40000000 + 57, 1079, 0) > 0",
    ),
    Attack(
        "call_of_32_bits",
        LOSS,
        "Machine code of its own makes a system call of 32 bits, whose numbers mean other calls.",
        """
        if os.uname().machine != "x86_64":
            return within(logits, targets)
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(bytes.fromhex("b80500000031c931d2bb00000000cd80c3"))  # open(0, 0, 0)
        place = ctypes.addressof(ctypes.c_char.from_buffer(code))
        ctypes.CFUNCTYPE(ctypes.c_long)(place)()
        return out(logits, targets)
        """,
        OUT,
        verdicts=(CRASHED, FAILED),
        levels=BY_THE_KERNEL,
    ),
]
