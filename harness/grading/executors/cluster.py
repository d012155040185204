"""A run on a dask cluster, as its client sees it: who is there, who judges what, what came back, who was lost.

Dask carries bytes and starts what it is told to, where it is told to; which submission goes where, and how often, is
decided here: left to itself, dask would retry as often as its scheduler's configuration says.
"""

from __future__ import annotations

import logging
import operator
import pkgutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from distributed import CancelledError, Client, Future, KilledWorker, wait

from harness.grading.executors.executor import ExecutorError
from harness.grading.executors.judges import MOST_TRIES
from harness.grading.executors.parcels import digest, packed, unpacked_messages
from harness.grading.remote import DIED, REFUSED, TOLD, UNKNOWN, parted
from harness.grading.task import LOST, Message, Task

LOG = logging.getLogger(__name__)
LOOK_SECONDS, FETCH_SECONDS, JOIN_SECONDS = 1.0, 10.0, 60.0
SIT = "harness.grading.remote:sit"
"""What workers run, by name: a worker that cannot import what it is sent as a function dies of it; so it says why."""
WINDOW = 2
"""How many submissions a worker holds: the one that it judges, and the next, so that it need not wait for it."""
GONE = (
    "the scheduler went away, or cancelled what it had been given; nothing is lost: the verdicts that came so far are "
    "kept, so start it again, and run the same command again"
)
LOST_TWICE = (
    "not run: what judged it was lost twice (on {}): a fault of these machines, of the network or of ours; the "
    "workers' logs may say more; run it again"
)

Told = Iterator[tuple[int, Message | None]]


@dataclass
class _Member:
    """A worker in use: its own `sit`, what it holds, oldest first, the mark of its process, whether that has heard the
    terms."""

    sit: Future
    held: dict[Future, int] = field(default_factory=dict)
    mark: str = ""
    knows: bool = False


class Session:
    """The tasks of one run. most: how many workers to use at most; gpu: whether each task takes a GPU."""

    def __init__(self, client: Client, terms: bytes, tasks: Sequence[Task], gpu: bool, most: int | None) -> None:
        self._client, self._terms, self._name, self._tasks = client, terms, digest(terms), tasks
        self._gpu, self._most = gpu, most
        self._left = deque(range(len(tasks)))
        self._losses: list[list[str]] = [[] for _ in tasks]
        self._team: dict[str, _Member] = {}
        self._refused: dict[str, str] = {}
        self._served = False
        self._looked, self._manned = 0.0, time.monotonic()

    def run(self) -> Told:
        """Yield (task's index, message) as tasks are done; (index, None) where there is no more. Raises
        ExecutorError."""
        while self._left or any(one.held for one in self._team.values()):
            yield from self._muster()
            self._hand_out()
            yield from self._hear()

    def cancel(self) -> None:
        """Let go of all that is still queued."""
        held = [future for member in self._team.values() for future in member.held]
        self._team.clear()
        with suppress(OSError, TimeoutError, CancelledError):
            if held and self._client.status == "running":
                self._client.cancel(held)

    # -- who is there --------------------------------------------------------------------------------

    def _muster(self) -> Told:
        """Look who came and who went, once in a while. Raises ExecutorError."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        there = self._there()
        self._looked = time.monotonic()
        for address in [one for one in self._team if one not in there]:
            yield from self._gone(address)
        self._refused = {address: why for address, why in self._refused.items() if address in there}
        for address, about in there.items():
            if address in self._team or address in self._refused:
                continue
            if why := unfit(about, self._gpu):
                self._refuse(address, why)
            elif self._most is None or len(self._team) < self._most:
                self._team[address] = _Member(self._submit(address, pkgutil.resolve_name, SIT))
        self._demand_hope()

    def _there(self) -> Mapping[str, Mapping[str, Any]]:
        """The workers that run. Raises ExecutorError where the scheduler is gone."""
        if self._client.status != "running":
            raise ExecutorError(GONE)
        try:
            workers = self._client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError, CancelledError) as error:
            raise ExecutorError(GONE) from error
        return {address: about for address, about in workers.items() if about["status"] != "paused"}

    def _demand_hope(self) -> None:
        """Raise ExecutorError where nobody can be used, and nobody is likely to come."""
        if self._team:
            self._manned = time.monotonic()
            return
        reasons = "".join(f"\n  {address}: {why}" for address, why in self._refused.items())
        if reasons and not self._served:
            raise ExecutorError(f"no worker of the cluster can be used:{reasons}")
        if time.monotonic() - self._manned > JOIN_SECONDS:
            raise ExecutorError(
                f"no worker has been there for {JOIN_SECONDS:g} s; start some: `dask worker "
                f"{self._client.scheduler.address} --nthreads 1 --memory-limit 0`; the verdicts that came so far are "
                f"kept, so run the same command again{reasons}"
            )

    def _refuse(self, address: str, why: str) -> None:
        """Use a worker no more, and say so."""
        LOG.warning("%s is not used: %s", address, why)
        self._refused[address] = why
        self._back(address)

    def _gone(self, address: str) -> Told:
        """A worker is lost, and what it was judging with it."""
        first, *_ = [*self._back(address), None]
        if first is not None:
            LOG.warning("%s was lost; what it held goes to others", address)
            self._left.remove(first)
            yield from self._lost(first, address)

    def _back(self, address: str) -> list[int]:
        """Take a worker out, and what it held back: these tasks, oldest first."""
        member = self._team.pop(address, None)
        tasks = list(member.held.values()) if member else []
        self._left.extendleft(reversed(tasks))
        return tasks

    def _lost(self, task: int, address: str) -> Told:
        """What judged a task is lost: it is tried once more, then given up."""
        self._losses[task].append(address)
        if len(self._losses[task]) < MOST_TRIES:
            self._left.appendleft(task)
            return
        yield task, (LOST, LOST_TWICE.format(", then on ".join(self._losses[task])))
        yield task, None

    # -- what they do --------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Give each worker a task, and then a second one, as long as there are enough for all."""
        for window in range(1, WINDOW + 1):
            for address, member in self._team.items():
                if not self._left or (window > 1 and (not member.knows or len(self._left) <= len(self._team))):
                    continue
                if len(member.held) < window and not (self._losses[self._left[0]] and self._elsewhere(address)):
                    self._send(address, member, self._left.popleft())

    def _elsewhere(self, address: str) -> bool:
        """Whether the next task was lost at this worker, and there are others."""
        return address in self._losses[self._left[0]] and len(self._team) > 1

    def _send(self, address: str, member: _Member, task: int) -> None:
        terms = None if member.knows else self._terms
        given = member.sit, self._name, terms, packed(self._tasks[task])
        future = self._submit(address, operator.call, *given, resources={"GPU": 1} if self._gpu else None)
        member.held[future] = task

    def _submit(self, address: str, function: Callable[..., Any], *given: Any, **more: Any) -> Future:
        return self._client.submit(function, *given, workers=[address], allow_other_workers=False, pure=False, **more)

    def _hear(self) -> Told:
        """Wait a little for anything to happen; yield what was told."""
        held = {future: address for address, member in self._team.items() for future in member.held}
        if not held:
            time.sleep(LOOK_SECONDS)
            return
        try:
            with self._client.as_current():
                wait(list(held), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return
        except CancelledError as error:
            raise ExecutorError(GONE) from error
        for future, address in held.items():
            member = self._team.get(address)
            if member and future in member.held and future.status not in ("pending", "lost"):
                yield from self._fetch(address, member, future)

    def _fetch(self, address: str, member: _Member, future: Future) -> Told:
        try:
            reply = future.result(timeout=FETCH_SECONDS)
        except TimeoutError:  # it is lost with its worker, which the next look tells
            return
        except CancelledError as error:
            raise ExecutorError(GONE) from error
        except KilledWorker:
            yield from self._gone(address)
            return
        except Exception as error:  # such a worker cannot import what it is to run
            self._refuse(address, f"{type(error).__name__}: {error}; is the same seqgrade installed there?")
            return
        yield from self._read(address, member, future, reply)

    def _read(self, address: str, member: _Member, future: Future, reply: bytes) -> Told:
        """What a worker's reply tells."""
        try:
            kind, mark, payload = parted(reply)
        except ValueError:
            self._refuse(address, "it answers in another way; is the same seqgrade installed there?")
            return
        if member.mark not in ("", mark):  # another process at the same address: the one that was there is lost
            yield from self._gone(address)
            return
        if kind == REFUSED:
            self._refuse(address, payload.decode(errors="replace"))
            return
        task = member.held.pop(future)
        member.mark, member.knows = mark, kind == TOLD
        self._served = True
        if kind == UNKNOWN:
            self._left.appendleft(task)
        elif kind == DIED:
            yield from self._lost(task, address)
        else:
            yield from self._told(task, payload)

    def _told(self, task: int, payload: bytes) -> Told:
        try:
            messages = list(unpacked_messages(payload))
        except (msgspec.DecodeError, KeyError) as error:
            raise ExecutorError(f"a worker told what no judge tells ({error}); please report it") from error
        for message in messages:
            yield task, message
        yield task, None


def unfit(about: Mapping[str, Any], gpu: bool) -> str | None:
    """Why a worker cannot be used, by what the scheduler knows of it; None where it may be."""
    if about["nthreads"] != 1:
        return f"it has {about['nthreads']} threads; start it with --nthreads 1 (and --nworkers for as many as it has)"
    if gpu and about["resources"].get("GPU", 0) < 1:
        return 'it has no GPU to give; start it with --resources "GPU=1" (and CUDA_VISIBLE_DEVICES, if it has several)'
    return None
