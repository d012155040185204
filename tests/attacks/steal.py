"""Stealing: finding a right implementation, or the answers, where the submission runs.

Each thief answers with what it stole, and so wins its points where it finds anything.
"""

from __future__ import annotations

from harness.judge.verdict import Verdict

from .attack import BY_THE_KERNEL, LOSS, Attack

FAILED, ERROR, FORBIDDEN = Verdict.FAILED, Verdict.ERROR, Verdict.FORBIDDEN

RUN = """
import glob
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import pathlib
import site
import sys
import types


def loss_of(text):
    \"\"\"The hook of that name in the text of a module.\"\"\"
    place = {"__name__": "stolen"}
    exec(text, place)
    return place["language_model_loss"]


def nothing(logits, targets):
    return logits.sum() * 0
"""


def thief(name: str, story: str, body: str, *verdicts: Verdict) -> Attack:
    """A thief of whom only the kernel knows."""
    return Attack(name, LOSS, story, body, RUN, verdicts=verdicts, levels=BY_THE_KERNEL)


def anywhere(name: str, story: str, body: str, *verdicts: Verdict, by_level: bool = False) -> Attack:
    """A thief that must fail at every level. by_level: at some, it finds not even the way."""
    return Attack(name, LOSS, story, body, RUN, verdicts=verdicts, by_level=by_level)


ATTACKS = [
    anywhere(
        "import_reference",
        "It imports the reference by the name that it has in the checkout.",
        "return importlib.import_module('reference.rnn').language_model_loss(logits, targets)",
        ERROR,
        FORBIDDEN,
    ),
    anywhere(
        "import_oracle",
        "It asks the judge's own oracle.",
        """
        oracle = importlib.import_module("harness.judge.oracle").Oracle()
        Request = harness_module('harness.contracts.observation').Request
        return oracle.observe(Request("language_model_loss", {"logits": logits, "targets": targets})).result
        """,
        ERROR,
        FORBIDDEN,
    ),
    anywhere(
        "reference_named_by_the_units",
        "The harness itself says in which file a unit's reference is.",
        """
        units = harness_module('harness.units').units
        return loss_of(units()["rnn"].reference.read_text())(logits, targets)
        """,
        ERROR,
        FORBIDDEN,
    ),
    anywhere(
        "beside_the_harness",
        "The checkout is where the file of the harness module is, and the reference lies beside it.",
        """
        import harness
        folder = pathlib.Path(harness.__file__).resolve().parents[1]
        with open(folder / "reference" / "rnn.py") as file:
            return loss_of(file.read())(logits, targets)
        """,
        FORBIDDEN,
    ),
    anywhere(
        "editable_install",
        "A .pth file among the site packages names the checkout of an editable install.",
        """
        folders = {os.path.dirname(os.path.dirname(torch.__file__)), *site.getsitepackages()}
        for pth in [path for folder in folders for path in glob.glob(os.path.join(folder, "*.pth"))]:
            for line in pathlib.Path(pth).read_text().splitlines():
                if line.startswith("/"):
                    return loss_of(pathlib.Path(line, "reference", "rnn.py").read_text())(logits, targets)
        import harness
        return loss_of(pathlib.Path(harness.__path__[0]).read_text())(logits, targets)
        """,
        FORBIDDEN,
        ERROR,
        FAILED,
        by_level=True,
    ),
    anywhere(
        "distribution_metadata",
        "The metadata of the installed distribution say where it was installed from.",
        """
        told = json.loads(importlib.metadata.distribution("seqgrade").read_text("direct_url.json"))
        folder = told["url"].removeprefix("file://")
        return loss_of(pathlib.Path(folder, "reference", "rnn.py").read_text())(logits, targets)
        """,
        FORBIDDEN,
        ERROR,
        by_level=True,
    ),
    thief(
        "file_read_by_torch",
        "torch opens a file in C++, where no audit hook of Python's looks, and maps the reference into a tensor.",
        """
        import harness
        path = os.path.join(os.path.dirname(os.path.dirname(harness.__file__)), "reference", "rnn.py")
        text = torch.from_file(path, size=5000, dtype=torch.uint8).numpy().tobytes().rstrip(b"\\0").decode()
        return loss_of(text)(logits, targets)
        """,
        ERROR,
    ),
    thief(
        "audit_hook_deceived",
        "The helper by which the audit hook resolves paths is replaced, so that every path looks readable.",
        """
        import harness
        import posixpath
        path = os.path.join(os.path.dirname(os.path.dirname(harness.__file__)), "reference", "rnn.py")
        kept = posixpath._joinrealpath
        posixpath._joinrealpath = lambda *given: (os.path.dirname(os.__file__) + "/x", True)
        try:
            with open(path) as file:
                return loss_of(file.read())(logits, targets)
        finally:
            posixpath._joinrealpath = kept
        """,
        FORBIDDEN,
    ),
    thief(
        "cell_of_the_audit_hook_changed",
        "From inside the audit hook, by way of a patched helper, the cell with its readable folders is changed.",
        """
        import harness
        import posixpath
        path = os.path.join(os.path.dirname(os.path.dirname(harness.__file__)), "reference", "rnn.py")
        kept = posixpath._joinrealpath

        def widen(*given):
            frame = sys._getframe()
            while frame is not None:
                readable = frame.f_locals.get("readable")
                if isinstance(readable, types.FunctionType):
                    for cell in readable.__closure__:
                        if type(cell.cell_contents) is tuple:
                            cell.cell_contents = ("/",)
                frame = frame.f_back
            return kept(*given)

        posixpath._joinrealpath = widen
        try:
            with open(path) as file:
                return loss_of(file.read())(logits, targets)
        finally:
            posixpath._joinrealpath = kept
        """,
        FORBIDDEN,
    ),
    anywhere(
        "all_objects",
        "The garbage collector lists every object, the reference's functions among them.",
        """
        import gc
        for thing in gc.get_objects():
            if isinstance(thing, types.FunctionType) and thing.__module__.startswith("reference"):
                return thing(logits, targets)
        return nothing(logits, targets)
        """,
        FORBIDDEN,
    ),
    anywhere(
        "all_referents",
        "From the modules it follows what every object refers to, in search of another hook of that name.",
        """
        import gc
        todo, seen = [sys.modules], set()
        while todo and len(seen) < 20000:
            thing = todo.pop()
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            if isinstance(thing, types.FunctionType) and thing.__name__ == "language_model_loss":
                try:
                    found = thing(logits=logits, targets=targets) if thing.__module__ != __name__ else None
                except Exception:
                    found = None
                if found is not None:
                    return found
            if isinstance(thing, (dict, list, tuple, types.ModuleType)):
                todo += gc.get_referents(thing)
        return nothing(logits, targets)
        """,
        FAILED,
        FORBIDDEN,
    ),
    anywhere(
        "frames_of_all_threads",
        "The frames of every thread are asked for what they hold.",
        """
        for frame in sys._current_frames().values():
            if "expected" in frame.f_locals:
                return frame.f_locals["expected"]
        return nothing(logits, targets)
        """,
        FORBIDDEN,
    ),
    anywhere(
        "frames_of_callers",
        "The callers' locals and globals are searched for an expected value, an oracle or a reference.",
        """
        frame = sys._getframe()
        while frame is not None:
            for place in (frame.f_locals, frame.f_globals):
                for name in ("expected", "exact", "own", "truth", "reference", "oracle"):
                    if isinstance(place.get(name), torch.Tensor):
                        return place[name]
                    if callable(getattr(place.get(name), "observe", None)):
                        return place[name].observe
            frame = frame.f_back
        return nothing(logits, targets)
        """,
        FAILED,
    ),
    anywhere(
        "plugin_manager",
        "The manager that calls the hook is asked for the other plugins that are registered with it.",
        """
        frame = sys._getframe()
        while frame is not None:
            plugin = frame.f_locals.get("plugin")
            for name, other in plugin.manager.list_name_plugin() if hasattr(plugin, "manager") else ():
                if name != plugin.name and hasattr(other, "language_model_loss"):
                    return other.language_model_loss(logits, targets)
            frame = frame.f_back
        return nothing(logits, targets)
        """,
        FAILED,
    ),
    anywhere(
        "files_of_the_process",
        "The process's own environment, command line and maps say where it came from.",
        """
        for name in ("environ", "cmdline", "maps"):
            text = pathlib.Path("/proc/self", name).read_bytes().decode(errors="replace")
            for path in {word for word in text.replace("\\0", " ").split() if "seqgrade" in word}:
                return loss_of(pathlib.Path(path, "reference/rnn.py").read_text())(logits, targets)
        return nothing(logits, targets)
        """,
        FORBIDDEN,
    ),
    anywhere(
        "memory_of_the_parent",
        "The memory of the process that forked this one is opened as a file.",
        """
        with open(f"/proc/{os.getppid()}/mem", "rb") as memory:
            memory.seek(0x400000)
            return loss_of(memory.read(1000).decode())(logits, targets)
        """,
        FORBIDDEN,
    ),
    anywhere(
        "environment",
        "The environment is searched for the path of a checkout, a corpus or a results folder.",
        """
        for name, value in os.environ.items():
            for folder in value.split(os.pathsep):
                path = os.path.join(folder, "reference", "rnn.py")
                if folder and os.path.exists(path):
                    return loss_of(open(path).read())(logits, targets)
        return nothing(logits, targets)
        """,
        FAILED,
    ),
    anywhere(
        "modules_on_the_path",
        "Every module that can be found on the path is listed, in search of a reference or of checks.",
        """
        import pkgutil
        for found in pkgutil.iter_modules():
            if found.name in ("reference", "tests", "submissions", "conftest"):
                return importlib.import_module(found.name + ".rnn").language_model_loss(logits, targets)
        return nothing(logits, targets)
        """,
        FAILED,
        ERROR,
        FORBIDDEN,
    ),
    anywhere(
        "lines_of_tracebacks",
        "A traceback names the files of the harness, and the cache of source lines reads those near them.",
        """
        import linecache
        try:
            raise KeyError
        except KeyError:
            frame = sys._getframe()
        while frame is not None:
            folder = os.path.dirname(os.path.dirname(os.path.dirname(frame.f_code.co_filename)))
            lines = linecache.getlines(os.path.join(folder, "reference", "rnn.py"))
            if lines:
                return loss_of("".join(lines))(logits, targets)
            frame = frame.f_back
        return nothing(logits, targets)
        """,
        FAILED,
        FORBIDDEN,
    ),
    anywhere(
        "inherited_descriptors",
        "Every open descriptor is read from its beginning, in case one is a file of the judge's.",
        """
        for descriptor in range(3, 64):
            try:
                text = os.pread(descriptor, 100000, 0).decode()
            except (OSError, UnicodeDecodeError):
                continue
            if "language_model_loss" in text:
                return loss_of(text)(logits, targets)
        return nothing(logits, targets)
        """,
        FAILED,
    ),
    anywhere(
        "examples_kept_by_hypothesis",
        "The folder in which Hypothesis keeps failing examples is looked for, from here upwards.",
        """
        for folder in (os.getcwd(), os.path.dirname(__file__), os.path.expanduser("~")):
            for name in os.listdir(folder):
                if name == ".hypothesis":
                    return torch.tensor(float(len(os.listdir(os.path.join(folder, name)))))
        return nothing(logits, targets)
        """,
        FORBIDDEN,
    ),
]
