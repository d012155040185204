"""A worker at work: it loads one submission from its bytes and answers one request after the other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NoReturn

from harness.contracts.attempts import bases_of
from harness.contracts.component import Component
from harness.contracts.observation import Observation, Raised, Request
from harness.contracts.observing import observe
from harness.plugins import LoadError, Plugin, load_source
from harness.wire import WireError, decode_with_id, encode
from harness.worker.channel import ClosedError, WorkerChannel
from harness.worker.messages import LOAD, Loaded, source_of

UNREADABLE, HUNG_UP = 71, 72


def serve(channel: WorkerChannel, known: Mapping[str, Component]) -> NoReturn:
    """Answer until the judge hangs up. Nothing of the submission's runs at the end: no `atexit`, no finaliser."""
    try:
        _answer_all(channel, known)
    except ClosedError:
        os._exit(HUNG_UP)
    finally:
        os._exit(UNREADABLE)


def _answer_all(channel: WorkerChannel, known: Mapping[str, Component]) -> None:
    plugin: Plugin | None = None
    while True:
        message, request_id = decode_with_id(channel.receive())
        if message["kind"] == LOAD:
            plugin, loaded = _load(message, known)
            channel.send(encode(loaded.plain(), request_id))
        else:
            assert plugin is not None
            channel.send(_observation(plugin, known, message["request"], request_id))


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


def _observation(plugin: Plugin, known: Mapping[str, Component], request: dict[str, Any], request_id: int) -> bytes:
    component = known[request["component"]]
    try:
        return observe(component, plugin.hook(component.name), Request(**request), plugin.files).frame(request_id)
    except BaseException as error:  # beside the hook: no memory left, or parts of torch that it replaced
        return Observation(raised=Raised(bases_of(error), str(error)[:1000], [])).frame(request_id)
