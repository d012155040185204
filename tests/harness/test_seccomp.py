"""Tests of the system-call filter: its BPF program, run here on made-up calls as the kernel would run it."""

from __future__ import annotations

import struct

import pytest

from harness.worker.confinement.seccomp import ALLOW, ARCHITECTURES, ERRNO, KILL, PRCTLS, TERMINAL_QUERIES, program
from harness.worker.confinement.syscalls import ALLOWED, EMPTY_PATH, NUMBERS, PATHS

PID = 4711
EPERM, ENOSYS = ERRNO | 1, ERRNO | 38
MACHINES = sorted(ARCHITECTURES)
HIGH = 1 << 32
LOAD, EQUAL, ANY_BIT, AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
CLONE_VM, CLONE_THREAD, CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWTIME = (
    0x100, 0x10000, 0x20000, 0x10000000, 0x20000000, 0x40000000, 0x80,
)  # fmt: skip
GLIBC_THREAD, SIGCHLD = 0x3D0F00, 17

# Numbers from the kernel's own tables (asm/unistd_64.h and asm-generic/unistd.h), written here a second time.
REFUSED = {
    "x86_64": {
        "sendfile": 40, "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "recvfrom": 45, "sendmsg": 46,
        "recvmsg": 47, "shutdown": 48, "bind": 49, "listen": 50, "socketpair": 53, "setsockopt": 54, "fork": 57,
        "vfork": 58, "execve": 59, "wait4": 61, "shmget": 29, "shmat": 30, "shmctl": 31, "semget": 64, "semop": 65,
        "semctl": 66, "shmdt": 67, "msgget": 68, "msgsnd": 69, "msgrcv": 70, "msgctl": 71, "flock": 73, "fsync": 74,
        "truncate": 76, "ftruncate": 77, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86,
        "unlink": 87, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "ptrace": 101,
        "syslog": 103, "setuid": 105, "setgid": 106, "setpgid": 109, "setsid": 112, "setreuid": 113,
        "setgroups": 116, "setresuid": 117, "setresgid": 119, "capset": 126, "rt_sigqueueinfo": 129,
        "mknod": 133, "personality": 135, "setpriority": 141, "sched_setparam": 142, "sched_setscheduler": 144,
        "mlock": 149, "pivot_root": 155, "setrlimit": 160, "chroot": 161, "mount": 165, "umount2": 166,
        "swapon": 167, "reboot": 169, "sethostname": 170, "init_module": 175, "quotactl": 179, "setxattr": 188,
        "tkill": 200, "io_setup": 206, "timer_create": 222, "mq_open": 240, "kexec_load": 246, "waitid": 247,
        "add_key": 248, "request_key": 249, "keyctl": 250, "inotify_init": 253, "migrate_pages": 256, "mkdirat": 258,
        "mknodat": 259, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268,
        "unshare": 272, "splice": 275, "vmsplice": 278, "move_pages": 279, "utimensat": 280, "signalfd": 282,
        "timerfd_create": 283, "fallocate": 285, "rt_tgsigqueueinfo": 297, "perf_event_open": 298,
        "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "sched_setattr": 314,
        "renameat2": 316, "seccomp": 317, "memfd_create": 319, "kexec_file_load": 320, "bpf": 321, "execveat": 322,
        "userfaultfd": 323, "copy_file_range": 326, "pkey_mprotect": 329, "pidfd_send_signal": 424,
        "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
        "fsopen": 430, "fsmount": 432, "pidfd_open": 434, "openat2": 437, "pidfd_getfd": 438,
        "process_madvise": 440, "mount_setattr": 442, "landlock_create_ruleset": 444, "memfd_secret": 447,
        "process_mrelease": 448, "futex_waitv": 449, "cachestat": 451,
    },
    "aarch64": {
        "setxattr": 5, "io_setup": 0, "inotify_init1": 26, "flock": 32, "mknodat": 33, "mkdirat": 34, "unlinkat": 35,
        "symlinkat": 36, "linkat": 37, "renameat": 38, "umount2": 39, "mount": 40, "pivot_root": 41, "truncate": 45,
        "ftruncate": 46, "fallocate": 47, "chroot": 51, "fchmod": 52, "fchmodat": 53, "fchownat": 54, "fchown": 55,
        "quotactl": 60, "sendfile": 71, "signalfd4": 74, "vmsplice": 75, "splice": 76, "timerfd_create": 85,
        "utimensat": 88, "capset": 91, "personality": 92, "waitid": 95, "unshare": 97, "kexec_load": 104,
        "init_module": 105, "timer_create": 107, "syslog": 116, "ptrace": 117, "sched_setparam": 118,
        "sched_setscheduler": 119, "tkill": 130, "rt_sigqueueinfo": 138, "setpriority": 140, "reboot": 142,
        "setregid": 143, "setgid": 144, "setreuid": 145, "setuid": 146, "setresuid": 147, "setresgid": 149,
        "setpgid": 154, "setsid": 157, "setgroups": 159, "sethostname": 161, "setrlimit": 164, "mq_open": 180,
        "msgget": 186, "msgctl": 187, "msgrcv": 188, "msgsnd": 189, "semget": 190, "semctl": 191, "semop": 193,
        "shmget": 194, "shmctl": 195, "shmat": 196, "shmdt": 197, "socket": 198, "socketpair": 199, "bind": 200,
        "listen": 201, "accept": 202, "connect": 203, "sendto": 206, "recvfrom": 207, "setsockopt": 208,
        "shutdown": 210, "sendmsg": 211, "recvmsg": 212, "add_key": 217, "request_key": 218, "keyctl": 219,
        "execve": 221, "swapon": 224, "mlock": 228, "migrate_pages": 238, "move_pages": 239,
        "rt_tgsigqueueinfo": 240, "perf_event_open": 241, "accept4": 242, "wait4": 260, "fanotify_init": 262,
        "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270,
        "process_vm_writev": 271, "kcmp": 272, "finit_module": 273, "sched_setattr": 274, "renameat2": 276,
        "seccomp": 277, "memfd_create": 279, "bpf": 280, "execveat": 281, "userfaultfd": 282,
        "copy_file_range": 285, "pkey_mprotect": 288, "kexec_file_load": 294, "pidfd_send_signal": 424,
        "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
        "fsopen": 430, "fsmount": 432, "pidfd_open": 434, "openat2": 437, "pidfd_getfd": 438,
        "process_madvise": 440, "mount_setattr": 442, "landlock_create_ruleset": 444, "memfd_secret": 447,
        "process_mrelease": 448, "futex_waitv": 449, "cachestat": 451,
    },
}  # fmt: skip

Instruction = tuple[int, int, int, int]


def instructions(machine: str, paths: bool) -> list[Instruction]:
    return list(struct.iter_unpack("=HBBI", program(machine, PID, paths)))  # type: ignore[arg-type]


def verdict(code: list[Instruction], machine: str, number: int, *arguments: int, architecture: int = -1) -> int:
    """What the program says of a call: the kernel's little machine, with an accumulator and forward jumps."""
    named = ARCHITECTURES[machine] if architecture < 0 else architecture
    given = [value % 2**64 for value in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("<IIQ6Q", number, named, 0xDEAD_BEEF, *given)
    at, value = 0, 0
    while True:
        operation, then, otherwise, operand = code[at]
        at += 1
        if operation == RETURN:
            return operand
        if operation == LOAD:
            assert operand % 4 == 0
            (value,) = struct.unpack_from("<I", data, operand)
        else:
            holds = {EQUAL: value == operand, ANY_BIT: bool(value & operand), AT_LEAST: value >= operand}[operation]
            at += then if holds else otherwise


def judged(machine: str, name: str, *arguments: int, paths: bool = True) -> int:
    return verdict(instructions(machine, paths), machine, NUMBERS[machine][name], *arguments)


@pytest.mark.parametrize("paths", [True, False])
@pytest.mark.parametrize("machine", MACHINES)
def test_every_jump_stays_inside_and_every_way_ends_in_a_verdict(machine: str, paths: bool) -> None:
    """The kernel would refuse another program; ours also has no instruction that no call reaches."""
    code = instructions(machine, paths)
    assert 10 < len(code) <= 4096
    reached, todo = set(), [0]
    while todo:
        at = todo.pop()
        assert 0 <= at < len(code)
        if at in reached:
            continue
        reached.add(at)
        operation, then, otherwise, operand = code[at]
        assert operation in (LOAD, EQUAL, ANY_BIT, AT_LEAST, RETURN)
        if operation == LOAD:
            assert operand % 4 == 0
            assert operand < 64
            todo.append(at + 1)
        elif operation != RETURN:
            todo += [at + 1 + then, at + 1 + otherwise]
        else:
            assert operand in (ALLOW, EPERM, ENOSYS, KILL)
    assert reached == set(range(len(code)))


@pytest.mark.parametrize("paths", [True, False])
@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_allowed_is_allowed(machine: str, paths: bool) -> None:
    """Every name of ALLOWED that the machine has, whatever the arguments are."""
    code, numbers = instructions(machine, paths), NUMBERS[machine]
    names = [name for name in ALLOWED if name in numbers]
    assert {"read", "write", "futex", "mmap", "exit_group"} <= set(names)
    for name in names:
        for arguments in ((), (2**64 - 1,) * 6):
            assert verdict(code, machine, numbers[name], *arguments) == ALLOW, name


@pytest.mark.parametrize("machine", MACHINES)
def test_paths_are_opened_only_where_another_wall_says_which(machine: str) -> None:
    """Without paths, no call that takes one is left, but for fstat by another name: on an empty path."""
    numbers = NUMBERS[machine]
    for name in (name for name in PATHS if name in numbers):
        assert judged(machine, name) == ALLOW, name
        assert judged(machine, name, paths=False) == EPERM, name
    for name, index in zip(EMPTY_PATH, (3, 2), strict=True):
        for flags, said in ((0x1000, ALLOW), (0x1000 | 0x100, ALLOW), (0x100, EPERM), (0x1000 * HIGH, EPERM)):
            arguments = [3, 0x7FFF_0000, 0, 0]
            arguments[index] = flags
            assert judged(machine, name, *arguments, paths=False) == said, (name, hex(flags))


@pytest.mark.parametrize("paths", [True, False])
@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_not_allowed_is_refused(machine: str, paths: bool) -> None:
    """Processes, sockets, other processes' memory, new files, namespaces, keys, kernel interfaces: EPERM."""
    code = instructions(machine, paths)
    assert not set(REFUSED[machine]) & {*ALLOWED, *PATHS}
    assert not set(REFUSED[machine].values()) & set(NUMBERS[machine].values())
    for name, number in REFUSED[machine].items():
        for arguments in ((), (PID, PID, 0), (2**64 - 1,) * 6):
            assert verdict(code, machine, number, *arguments) == EPERM, name


@pytest.mark.parametrize("paths", [True, False])
@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_without_a_name_are_refused(machine: str, paths: bool) -> None:
    """All of the rest, to far beyond the last: what comes with a later kernel is not allowed."""
    code, known = instructions(machine, paths), set(NUMBERS[machine].values())
    for number in [*range(600), 2**30 - 1, 2**31, 2**32 - 1]:
        if number not in known:
            assert verdict(code, machine, number) == EPERM, number


@pytest.mark.parametrize("machine", MACHINES)
def test_names_of_the_tables_are_distinct_calls(machine: str) -> None:
    """No number stands twice, and every name serves something."""
    numbers = NUMBERS[machine]
    assert len(set(numbers.values())) == len(numbers)
    special = {"clone", "clone3", "kill", "tgkill", "ioctl", "fcntl", "prctl", "prlimit64"}
    assert set(numbers) <= {*ALLOWED, *PATHS, *special}
    assert special <= set(numbers)


@pytest.mark.parametrize("machine", MACHINES)
def test_threads_can_be_made_and_processes_not(machine: str) -> None:
    """clone for a thread of this process alone; clone3 is not there, so that the C library takes clone."""
    assert judged(machine, "clone", GLIBC_THREAD) == ALLOW
    for flags in (0, SIGCHLD, CLONE_VM | SIGCHLD, 0x4000 | CLONE_VM | SIGCHLD, CLONE_THREAD * HIGH):
        assert judged(machine, "clone", flags) == EPERM, hex(flags)
    for space in (CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWTIME, 0x2000000, 0x4000000,
                  0x8000000):  # fmt: skip
        assert judged(machine, "clone", GLIBC_THREAD | space) == EPERM, hex(space)
        assert judged(machine, "clone", space | SIGCHLD) == EPERM, hex(space)
    for arguments in ((), (0x7FFF_0000, 88), (CLONE_THREAD,)):
        assert judged(machine, "clone3", *arguments) == ENOSYS


@pytest.mark.parametrize("name", ["kill", "tgkill"])
@pytest.mark.parametrize("machine", MACHINES)
def test_signals_go_to_this_process_alone(machine: str, name: str) -> None:
    """Its own number; neither another's, nor its group's, nor everyone's, nor one with more bits."""
    assert judged(machine, name, PID, 11, 11) == ALLOW
    for other in (0, 1, -1, -PID, PID + 1, PID | HIGH, PID | HIGH << 31):
        assert judged(machine, name, other, PID, PID) == EPERM, other


@pytest.mark.parametrize("machine", MACHINES)
def test_ioctl_only_asks_about_terminals(machine: str) -> None:
    """Not TIOCSTI, which types on a terminal, nor TIOCLINUX, TIOCSCTTY, FIOASYNC, FIOSETOWN, SIOCSPGRP."""
    for query in TERMINAL_QUERIES:
        assert judged(machine, "ioctl", 0, query) == ALLOW
        assert judged(machine, "ioctl", 0, query | HIGH) == EPERM
        assert judged(machine, "ioctl", query, 0) == EPERM
    for request in (0x5412, 0x541C, 0x540E, 0x5452, 0x8901, 0x8902, 0, 2**32 - 1):
        assert judged(machine, "ioctl", 1, request) == EPERM, hex(request)


@pytest.mark.parametrize("machine", MACHINES)
def test_prctl_only_names_things(machine: str) -> None:
    """Not PDEATHSIG, DUMPABLE, SECCOMP, CAPBSET, NO_NEW_PRIVS, PTRACER, MM, SUBREAPER."""
    for option in PRCTLS:
        assert judged(machine, "prctl", option) == ALLOW
        assert judged(machine, "prctl", option | HIGH) == EPERM
    for option in (1, 4, 8, 22, 24, 28, 35, 36, 38, 47, 0x59616D61):
        assert judged(machine, "prctl", option, 1) == EPERM, option


@pytest.mark.parametrize("machine", MACHINES)
def test_limits_can_be_read_and_not_set(machine: str) -> None:
    """prlimit64 with a null pointer for the new limits, all 64 bits of it."""
    assert judged(machine, "prlimit64", 0, 7, 0, 0x7FFF_0000) == ALLOW
    for pointer in (1, 0x7FFF_0000, HIGH, HIGH << 10, 2**64 - 1):
        assert judged(machine, "prlimit64", 0, 7, pointer) == EPERM, hex(pointer)


F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 1030
F_SETOWN, F_SETSIG, F_SETOWN_EX = 8, 10, 15


@pytest.mark.parametrize("machine", MACHINES)
def test_fcntl_lets_no_descriptor_send_signals(machine: str) -> None:
    """F_SETOWN with F_SETSIG makes the kernel send any signal, SIGKILL too, to any process of the same user."""
    for command in (F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC):
        assert judged(machine, "fcntl", 0, command) == ALLOW, command
    for command in (F_SETOWN, F_SETSIG, F_SETOWN_EX):
        assert judged(machine, "fcntl", 0, command, PID) == EPERM, command
    assert judged(machine, "fcntl", 0, F_DUPFD | HIGH) == EPERM


@pytest.mark.parametrize("paths", [True, False])
def test_the_second_numbering_of_x86_is_refused(paths: bool) -> None:
    """x32: the same calls by other numbers; none gets through."""
    code = instructions("x86_64", paths)
    for number in NUMBERS["x86_64"].values():
        assert verdict(code, "x86_64", number | 0x40000000, PID) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_another_architectures_call_kills(machine: str) -> None:
    """i386, arm, and each other's: their numbers mean other calls, so the process ends."""
    code = instructions(machine, True)
    for architecture in {0x40000003, 0x40000028, 0, *ARCHITECTURES.values()} - {ARCHITECTURES[machine]}:
        for number in (0, 1, 11, 102, 222, 2**32 - 1):
            assert verdict(code, machine, number, architecture=architecture) == KILL
