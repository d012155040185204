"""A worker at work: it loads one submission from its bytes and answers one request after the other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from harness.contracts.attempts import bases_of
from harness.contracts.component import Component
from harness.contracts.observation import Observation, Raised, Request
from harness.contracts.observing import observe
from harness.contracts.partner import Ask
from harness.plain import Plain
from harness.plugins import LoadError, Plugin, load_source
from harness.training.steps import TRAININGS, hook_of
from harness.wire import WireError, decode, decode_with_id, encode
from harness.worker.channel import ClosedError, WorkerChannel
from harness.worker.messages import ASKED, LOAD, Loaded, source_of

UNREADABLE, HUNG_UP = 71, 72
READY = 0  # the request id of the first frame, which answers no request


def serve(channel: WorkerChannel, known: Mapping[str, Component]) -> NoReturn:
    """Answer until the judge hangs up. Nothing of the submission's runs at the end: no `atexit`, no finaliser."""
    try:
        channel.send(encode(None, READY))  # confined, and nothing of the submission's has run yet
        _answer_all(channel, known)
    except ClosedError:
        os._exit(HUNG_UP)
    finally:
        os._exit(UNREADABLE)


def _answer_all(channel: WorkerChannel, known: Mapping[str, Component]) -> None:
    plugin: Plugin | None = None
    observable = {**known, **TRAININGS}
    while True:
        message, request_id = decode_with_id(channel.receive())
        if message["kind"] == LOAD:
            plugin, loaded = _load(message, known)
            channel.send(encode(loaded.plain(), request_id))
        else:
            assert plugin is not None
            ask = partial(_ask, channel, request_id)
            channel.send(
                _observation(plugin, observable[message["request"]["component"]], message["request"], request_id, ask)
            )


def _load(message: dict[str, Any], known: Mapping[str, Component]) -> tuple[Plugin | None, Loaded]:
    try:
        plugin = load_source(source_of(message["source"]), known, message["seconds"])
    except LoadError as error:
        return None, Loaded(error=str(error))
    return plugin, _fitting(Loaded(plugin.implemented, plugin.problems))


def _fitting(loaded: Loaded) -> Loaded:
    """The same, with no more problems than a frame can hold: names in a submission can be of any length."""
    try:
        encode(loaded.plain())
    except WireError:
        return Loaded(error="its hooks cannot be listed: it has too many problems, or names that are too long")
    return loaded


def _ask(channel: WorkerChannel, request_id: int, question: Plain) -> Plain:
    """Put a question to the component's partner, in the judge."""
    channel.send(encode({ASKED: question}, request_id))
    return decode(channel.receive())


def _observation(plugin: Plugin, component: Component, request: dict[str, Any], request_id: int, ask: Ask) -> bytes:
    try:
        return observe(component, hook_of(plugin, component), Request(**request), plugin.files, ask).frame(request_id)
    except BaseException as error:  # beside the hook: no memory left, or parts of torch that it replaced
        return Observation(raised=Raised(bases_of(error), str(error)[:1000], [])).frame(request_id)
