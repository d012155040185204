"""Tests of the loader: sound plugins in every style load, and each fault is named with its file and mend."""

from __future__ import annotations

import inspect
import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.plugins import LoadError, Plugin, load, load_source, read

Write = Callable[..., Path]

HEAD = "from harness import hookimpl\n"
TOKENIZE = "@hookimpl\ndef tokenize(text, unit):\n    return [text, unit]\n"
SIGNATURE = "the contract's signature is `def tokenize(text, unit)`"
WRAPPER = """\
    import functools
    def loud(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return ["loud", *function(*args, **kwargs)]
        return wrapper
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a submission of the given text (or a package of several) and return its path, a relative one."""
    monkeypatch.chdir(tmp_path)

    def put(text: str | bytes | dict[str, str], name: str = "alice.py") -> Path:
        files = text if isinstance(text, dict) else {"": text}
        for inside, content in files.items():
            file = Path(name, inside) if inside else Path(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
        return Path(name)

    return put


def hooked(text: str) -> str:
    """A plugin's text, below the import of hookimpl."""
    return HEAD + textwrap.dedent(text)


def tokenized(plugin: Plugin) -> Any:
    return plugin.hook("tokenize")(text="t", unit="u")


# -- what is refused, hook by hook ------------------------------------------------------------------------

REFUSED = {
    "unknown hook": (
        "@hookimpl\ndef tokenise(text, unit): ...",
        ["alice.py:2: tokenise: is not the name of a hook; did you mean 'tokenize'?"],
    ),
    "unknown hook, far off": (
        "@hookimpl\ndef zzz(text, unit): ...",
        ["alice.py:2: zzz: is not the name of a hook; `seqgrade list` shows every hook name"],
    ),
    "unknown argument": (
        "@hookimpl\ndef tokenize(text, units): ...",
        [
            f"alice.py:2: tokenize: argument 'units' is not in the contract; did you mean 'unit'? {SIGNATURE}",
            f"alice.py:2: tokenize: argument 'unit' is missing; add it, even where it is not used; {SIGNATURE}",
        ],
    ),
    "unknown argument, far off": (
        "@hookimpl\ndef tokenize(text, unit, xyz): ...",
        [f"alice.py:2: tokenize: argument 'xyz' is not in the contract; {SIGNATURE}"],
    ),
    "missing argument": (
        "@hookimpl\ndef tokenize(text): ...",
        [f"alice.py:2: tokenize: argument 'unit' is missing; add it, even where it is not used; {SIGNATURE}"],
    ),
    "default": (
        "@hookimpl\ndef tokenize(text, unit='char'): ...",
        ["alice.py:2: tokenize: argument 'unit' has a default; remove the default; the harness passes every argument"],
    ),
    "keyword-only default": (
        "@hookimpl\ndef tokenize(text, *, unit='char'): ...",
        ["alice.py:2: tokenize: argument 'unit' has a default; remove the default; the harness passes every argument"],
    ),
    "positional-only": (
        "@hookimpl\ndef tokenize(text, /, unit): ...",
        [
            "alice.py:2: tokenize: argument 'text' is positional-only; remove the `/`; "
            "the harness passes every argument by keyword"
        ],
    ),
    "*args": (
        "@hookimpl\ndef tokenize(text, unit, *args): ...",
        [f"alice.py:2: tokenize: takes *args; name every argument (a decorator needs functools.wraps); {SIGNATURE}"],
    ),
    "**kwargs": (
        "@hookimpl\ndef tokenize(text, unit, **kwargs): ...",
        [f"alice.py:2: tokenize: takes **kwargs; name every argument (a decorator needs functools.wraps); {SIGNATURE}"],
    ),
    "class": (
        "@hookimpl\nclass Vocab: ...",
        [
            "alice.py:2: Vocab: is a class, and hooks are functions; write `@hookimpl def vocab(...)` at the top "
            "level and use the class inside it"
        ],
    ),
    "method": (
        "class Text:\n    @hookimpl\n    def tokenize(self, text, unit): ...",
        ["alice.py:3: tokenize: is a method; move it out of its class to the top level of the file"],
    ),
    "two implementations": (
        "@hookimpl\ndef tokenize(text, unit): ...\n@hookimpl\ndef tokenize(text, unit): ...",
        [
            "alice.py:4: tokenize: is implemented 2 times (lines 2 and 4); keep one implementation and delete or "
            "rename the others"
        ],
    ),
    "two implementations, one of them faulty": (
        "@hookimpl\ndef tokenize(text): ...\n@hookimpl\ndef tokenize(text, unit): ...",
        [
            f"alice.py:2: tokenize: argument 'unit' is missing; add it, even where it is not used; {SIGNATURE}",
            "alice.py:4: tokenize: is implemented 2 times (lines 2 and 4); keep one implementation and delete or "
            "rename the others",
        ],
    ),
    "options": (
        "@hookimpl(tryfirst=True)\ndef tokenize(text, unit): ...",
        ["alice.py:2: tokenize: @hookimpl was given tryfirst; write a bare @hookimpl; these options are not used here"],
    ),
    "option of another name": (
        "@hookimpl(specname='tokenize', fast=True)\ndef tokenize(text, unit): ...",
        [
            "alice.py:2: tokenize: @hookimpl was given specname, fast; write a bare @hookimpl; these options are "
            "not used here"
        ],
    ),
    "decorator without wraps": (
        "def d(f):\n    def inner(*a): return f(*a)\n    return inner\n@hookimpl\n@d\ndef tokenize(text, unit): ...",
        ["alice.py:3: inner: is not the name of a hook; a decorator needs functools.wraps"],
    ),
    "partial": (
        "from functools import partial\nx = hookimpl(partial(print))",
        [
            "?:0: partial: is of type partial, and hooks are functions; put @hookimpl on top of a plain function "
            "that calls it"
        ],
    ),
    "not callable": (
        "x = hookimpl(5)",
        ["?:0: int: is of type int, and hooks are functions; put @hookimpl on top of a plain function that calls it"],
    ),
    "built-in function": (
        "x = hookimpl(len)",
        ["?:0: len: is not the name of a hook; `seqgrade list` shows every hook name"],
    ),
    "name that is no str": (
        "class C:\n    def __call__(self): ...\nc = C()\nc.__name__ = []\nhookimpl(c)",
        ["?:0: C: is not the name of a hook; `seqgrade list` shows every hook name"],
    ),
    "wrappers in a circle": (
        "@hookimpl\ndef tokenize(text, unit): ...\ntokenize.__wrapped__ = tokenize",
        [f"alice.py:2: tokenize: its signature cannot be read; put @hookimpl on top of a plain function; {SIGNATURE}"],
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_faulty_hook_is_refused_by_name(fault: str, write: Write) -> None:
    """Each way to be misread in silence is a problem that says where, what and how to mend it."""
    text, messages = REFUSED[fault]
    plugin = load(write(HEAD + text + "\n"))
    assert [str(problem) for problem in plugin.problems] == messages
    assert plugin.implemented == frozenset()


@pytest.mark.parametrize("fault", REFUSED)
def test_one_bad_hook_leaves_the_others_gradable(fault: str, write: Write) -> None:
    """Other hooks of the same file are implemented, and have no problem."""
    plugin = load(write(HEAD + REFUSED[fault][0] + "\n@hookimpl\ndef preprocess(text): return text * 2\n"))
    assert plugin.implemented == {"preprocess"}
    assert plugin.problems_of("preprocess") == []
    assert plugin.hook("preprocess")(text="a") == "aa"


@pytest.mark.parametrize(
    ("text", "component"),
    [("def tokenize(text): ...", "tokenize"), ("class Vocab: ...", "vocab"), ("class BuildCorpus: ...", "build_corpus"),
     ("def tokenise(text, unit): ...", None)],
)  # fmt: skip
def test_a_problem_belongs_to_the_component_it_blocks(text: str, component: str | None, write: Write) -> None:
    """A class counts for the hook of its name; a misspelt hook blocks none."""
    (problem, *_) = load(write(f"{HEAD}@hookimpl\n{text}\n")).problems
    assert problem.component == component


# -- what cannot be loaded at all -------------------------------------------------------------------------

NO_HOOK = "alice.py: implements no hook; decorate its functions with @hookimpl (from harness import hookimpl)"
UNLOADABLE: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", NO_HOOK),
    "no hook": ("def tokenize(text, unit): ...\n", NO_HOOK),
    "not UTF-8": (b"#\n# caf\xe9\n", "alice.py:2: is not UTF-8 (byte 0xe9); save the file as UTF-8"),
    "UTF-16": ("x = 1".encode("utf-16"), "alice.py:1: is not UTF-8 (byte 0xff); save the file as UTF-8"),
    "syntax error": (
        "x = 1\ndef f(:\n    pass\n",
        'alice.py: cannot be imported\n  File "alice.py", line 2\n    def f(:\nSyntaxError: invalid syntax',
    ),
    "NUL": ("x = 1\0", "alice.py: cannot be imported\nSyntaxError: source code string cannot contain null bytes"),
    "missing module": (
        "import no_such_module\n",
        'alice.py: cannot be imported\nTraceback (most recent call last):\n  File "alice.py", line 1, in <module>\n'
        "    import no_such_module\nModuleNotFoundError: No module named 'no_such_module'",
    ),
    "error below the standard library": (
        "import json\n\ndef f():\n    json.loads('{')\n\nf()\n",
        'alice.py: cannot be imported\nTraceback (most recent call last):\n  File "alice.py", line 6, in <module>\n'
        "    f()\n  File \"alice.py\", line 4, in f\n    json.loads('{')\njson.decoder.JSONDecodeError: Expecting "
        "property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
    "sys.exit": (
        "raise SystemExit(0)\n",
        'alice.py: cannot be imported\nTraceback (most recent call last):\n  File "alice.py", line 1, in <module>\n'
        "    raise SystemExit(0)\nSystemExit: 0",
    ),
    "hook whose attributes raise": (
        hooked("class C:\n    def __getattr__(self, name): raise ZeroDivisionError\nhookimpl(C())\n"),
        "alice.py: its hooks cannot be read (ZeroDivisionError); decorate plain functions",
    ),
}


@pytest.mark.parametrize("fault", UNLOADABLE)
def test_an_unloadable_file_is_refused_by_name(fault: str, write: Write) -> None:
    """A file that cannot be loaded says so, with the submission's own lines and none of the harness's."""
    text, message = UNLOADABLE[fault]
    with pytest.raises(LoadError) as refusal:
        load(write(text))
    assert re.sub(r"\n[ ~^]+(?=\n)", "", str(refusal.value)) == message  # carets differ between Pythons


@pytest.mark.parametrize("error", ["RecursionError", "pytest.fail.Exception", "GeneratorExit", "StopIteration"])
def test_any_exception_at_import_is_the_submissions_own(error: str, write: Write) -> None:
    """Control exceptions of Python's and pytest's do not get through."""
    with pytest.raises(LoadError, match="cannot be imported"):
        load(write(f"import pytest\nraise {error}('x')\n"))


def test_an_endless_import_is_refused(write: Write) -> None:
    """Work at the top level has a budget."""
    with pytest.raises(LoadError) as refusal:
        load_source(read(write("while True: pass\n")), seconds=0.1)
    assert str(refusal.value) == (
        "alice.py: importing it took more than 0.1 s of CPU time; keep training and other long work inside functions"
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere/at_all", "nowhere/at_all: there is no such file, nor a submission of that name under submissions/; "
                           "give the path of a .py file or of a package folder"),
        ("alicee.py", "alicee.py: there is no such file, nor a submission of that name under submissions/; "
                      "did you mean 'alice.py'?"),
        ("bobb", "bobb: there is no such file, nor a submission of that name under submissions/; did you mean 'bob'?"),
        ("notes.txt", "notes.txt: a submission is a .py file or a package folder, not a .txt file"),
        ("Makefile", "Makefile: a submission is a .py file or a package folder, not a file without a suffix"),
        ("folder", "folder: a package folder needs an __init__.py that exposes its hooks; add one"),
        ("x" * 300, f"{'x' * 300}: cannot be read (File name too long); check its name and permissions"),
    ],
    ids=lambda value: value[:12],
)  # fmt: skip
def test_a_wrong_path_is_refused_by_name(path: str, message: str, write: Write) -> None:
    """A path that is no submission says what it is, or what it might have been."""
    for name in ("alice.py", "submissions/bob.py", "notes.txt", "Makefile", "folder/inner.py"):
        write("", name)
    with pytest.raises(LoadError) as refusal:
        load(path)
    assert str(refusal.value) == message


def test_a_submission_is_found_by_its_name_under_submissions(write: Write) -> None:
    """`bob` means submissions/bob.py, and `carol` the package submissions/carol."""
    write(HEAD + TOKENIZE, "submissions/bob.py")
    write({"__init__.py": HEAD + TOKENIZE}, "submissions/carol")
    assert load("bob").name == "bob"
    assert load("carol").name == "carol"


# -- what loads -------------------------------------------------------------------------------------------

SOUND = {
    "plain": TOKENIZE,
    "called decorator": "@hookimpl()\ndef tokenize(text, unit): return [text, unit]",
    "any order": "@hookimpl\ndef tokenize(unit, text): return [text, unit]",
    "keyword-only": "@hookimpl\ndef tokenize(*, unit, text): return [text, unit]",
    "annotations as strings": "@hookimpl\ndef tokenize(text: 'No', unit: 'Such') -> 'Type': return [text, unit]",
    "decorated twice": "@hookimpl\n@hookimpl\ndef tokenize(text, unit): return [text, unit]",
    "decorated later": "def tokenize(text, unit): return [text, unit]\nanything = hookimpl(tokenize)",
    "bound method": "class A:\n    def tokenize(self, text, unit): return [text, unit]\nx = hookimpl(A().tokenize)",
    "static method": (
        "class A:\n    @staticmethod\n    @hookimpl\n    def tokenize(text, unit): return [text, unit]"
    ),
    "no_grad": "import torch\n@hookimpl\n@torch.no_grad()\ndef tokenize(text, unit): return [text, unit]",
    "cached": "import functools\n@hookimpl\n@functools.cache\ndef tokenize(text, unit): return [text, unit]",
    "two decorators": (
        "import functools, torch\n@hookimpl\n@torch.no_grad()\n@functools.lru_cache\n"
        "def tokenize(text, unit): return [text, unit]"
    ),
    "renamed by hand": (
        "def inner(text, unit): return [text, unit]\ninner.__name__ = 'tokenize'\nhookimpl(inner)"
    ),
    "callable with a name": (
        "class C:\n    __name__ = 'tokenize'\n    def __call__(self, text, unit): return [text, unit]\nhookimpl(C())"
    ),
    "below a wrapper that goes round in a circle": (
        "@hookimpl\ndef tokenize(text, unit): return [text, unit]\n"
        "def tokenize(text, unit): ...\ntokenize.__wrapped__ = tokenize"
    ),
    "windows line ends": TOKENIZE.replace("\n", "\r\n"),
    "no final line end": TOKENIZE.rstrip(),
}  # fmt: skip


@pytest.mark.parametrize("style", SOUND)
def test_a_sound_hook_loads_and_gets_every_argument(style: str, write: Write) -> None:
    """Every style that pluggy can call right is accepted, and gets its arguments by name."""
    plugin = load(write(HEAD + SOUND[style]))
    assert plugin.problems == ()
    assert plugin.implemented == {"tokenize"}
    assert tokenized(plugin) == ["t", "u"]


def test_decorators_on_either_side_of_hookimpl_run(write: Write) -> None:
    """A decorator under @hookimpl is read through `__wrapped__`; one above it is part of the hook as well."""
    under = load(write(hooked(WRAPPER) + "@hookimpl\n@loud\n" + TOKENIZE.removeprefix("@hookimpl\n")))
    above = load(write(hooked(WRAPPER) + "@loud\n" + TOKENIZE, "above.py"))
    assert tokenized(under) == tokenized(above) == ["loud", "t", "u"]


@pytest.mark.parametrize("under", ["", "@torch.no_grad()\n"])
def test_a_scripted_hook_loads(under: str, write: Write) -> None:
    """A function under torch.jit.script has no signature of its own, but the one it was written with."""
    text = f"import torch\n@hookimpl\n{under}@torch.jit.script\ndef attention_pooling("
    plugin = load(write(f"{HEAD}{text}values: torch.Tensor, scores: torch.Tensor):\n    return values, scores\n"))
    assert plugin.problems == ()
    scores, values = torch.ones(1), torch.zeros(1)
    assert plugin.hook("attention_pooling")(scores=scores, values=values) == (values, scores)


def test_a_scripted_hook_is_vetted_like_any_other(write: Write) -> None:
    """Its name, line and arguments are those of the Python function."""
    text = "import torch\n@hookimpl\n@torch.jit.script\ndef attention_pooling(score: torch.Tensor): return score\n"
    first, *_ = load(write(HEAD + text)).problems
    assert str(first) == (
        "alice.py:3: attention_pooling: argument 'score' is not in the contract; did you mean 'scores'? the "
        "contract's signature is `def attention_pooling(scores, values)`"
    )


def test_a_byte_order_mark_is_accepted(write: Write) -> None:
    """UTF-8 as Windows editors write it."""
    assert tokenized(load(write(b"\xef\xbb\xbf" + (HEAD + TOKENIZE).encode()))) == ["t", "u"]


def test_warnings_and_prints_at_import_fail_nothing(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even where warnings are errors, as they are in this very run."""
    text = "import warnings\nprint('hello')\nwarnings.warn('old', DeprecationWarning)\npattern = '\\d'\n"
    assert load(write(HEAD + text + TOKENIZE)).problems == ()
    assert capsys.readouterr().out == ""


def test_a_script_guarded_by_main_does_not_run(write: Write) -> None:
    """A submission is imported, not run."""
    assert load(write(HEAD + TOKENIZE + "if __name__ == '__main__':\n    raise SystemExit\n")).problems == ()


def test_a_package_with_relative_imports_loads(write: Write) -> None:
    """Relative imports reach modules, subpackages and folders without __init__.py, at import and in a call."""
    package = {
        "__init__.py": HEAD + "from .words import tokenize\nfrom .deep.er import mark\n",
        "words.py": HEAD + "@hookimpl\ndef tokenize(text, unit):\n    from .late import f\n    return f(text, unit)\n",
        "late.py": "from .sub import seal\nfrom .deep.er import mark\ndef f(*a): return [*a, seal, mark]\n",
        "sub/__init__.py": "from ..deep.er import mark\nseal = mark + '!'\n",
        "deep/er.py": "mark = 'm'\n",
        "data.txt": "no module",
    }  # fmt: skip
    plugin = load(write(package, "alice"))
    assert (plugin.name, plugin.problems) == ("alice", ())
    assert tokenized(plugin) == ["t", "u", "m!", "m"]


def test_a_module_that_a_package_does_without_may_be_broken(write: Write) -> None:
    """A script beside the hooks that cannot be imported is named; the hooks are graded."""
    package = {
        "__init__.py": HEAD + TOKENIZE,
        "plot.py": "import no_such_module\n",
        "__main__.py": "raise SystemExit('usage: …')\n",
    }
    plugin = load(write(package, "alice"))
    assert plugin.implemented == {"tokenize"}
    assert [str(problem) for problem in plugin.problems] == [
        "alice/plot.py:1: plot: cannot be imported (ModuleNotFoundError: No module named 'no_such_module'); mend it, "
        "or take it out of the package, whose other modules do without it"
    ]


def test_a_module_that_a_package_needs_must_load(write: Write) -> None:
    """The traceback names both files of the submission, and nothing else."""
    package = {"__init__.py": HEAD + "from . import words\n" + TOKENIZE, "words.py": "1 / 0\n"}
    with pytest.raises(LoadError) as refusal:
        load(write(package, "alice"))
    lines = str(refusal.value).splitlines()
    assert lines[0] == "alice: cannot be imported"
    assert [line for line in lines if "File" in line] == [
        '  File "alice/__init__.py", line 2, in <module>',
        '  File "alice/words.py", line 1, in <module>',
    ]
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_source_and_tracebacks_are_the_submissions_text(write: Write) -> None:
    """inspect.getsource works inside a submission, and tracebacks show the lines that ran."""
    text = "import inspect\n" + "@hookimpl\ndef tokenize(text, unit):\n    return inspect.getsource(tokenize)\n"
    plugin = load(write(HEAD + text + "@hookimpl\ndef preprocess(text): return text / 2\n"))
    assert tokenized(plugin) == "@hookimpl\ndef tokenize(text, unit):\n    return inspect.getsource(tokenize)\n"
    with pytest.raises(TypeError) as seen:
        plugin.hook("preprocess")(text="a")
    last = traceback.extract_tb(seen.value.__traceback__)[-1]
    assert (last.filename, last.line) == ("alice.py", "def preprocess(text): return text / 2")
    assert last.filename in plugin.files


def test_plugins_of_one_name_do_not_meet(write: Write) -> None:
    """Two submissions of one name keep their own modules, and the file's new text is what is loaded anew."""
    first = load(write(HEAD + TOKENIZE))
    second = load(write(HEAD + TOKENIZE.replace("[text, unit]", "[unit]")))
    assert (tokenized(first), tokenized(second)) == (["t", "u"], ["u"])
    assert first.source.sha256 != second.source.sha256


def test_loading_leaves_the_interpreter_as_it_was(write: Write) -> None:
    """No finder and no folder of the submission stays behind, also where loading fails."""
    before = list(sys.meta_path), list(sys.path), inspect.getsource(load)
    load(write(HEAD + TOKENIZE))
    with pytest.raises(LoadError):
        load(write("1 / 0", "bob.py"))
    assert (list(sys.meta_path), list(sys.path), inspect.getsource(load)) == before


def test_a_link_is_no_submission(write: Write, tmp_path: Path) -> None:
    """What a link leads to would be read with the grader's rights: refused, as a file, in a package, or a package."""
    secret = tmp_path / "secret.py"
    secret.write_text("from harness import hookimpl\n", encoding="utf-8")
    (tmp_path / "link.py").symlink_to(secret)
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "inner.py").symlink_to(secret)
    (tmp_path / "alias").symlink_to(package)
    folders = tmp_path / "folders"
    (folders / "real").mkdir(parents=True)
    (folders / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "part.py").write_text("", encoding="utf-8")
    (folders / "linked").symlink_to(tmp_path / "elsewhere")
    for path, link in (("link.py", "link.py"), ("package", "package/inner.py"), ("alias", "alias")):
        with pytest.raises(LoadError, match="is a symbolic link; a submission consists of its own files") as refusal:
            read(tmp_path / path)
        assert str(tmp_path / link) in str(refusal.value)
    try:
        modules = read(folders).modules
    except LoadError:
        return  # this Python walks into linked folders, and the link was refused
    assert "linked.part" not in modules


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    """A pipe would be waited for; a file of many megabytes is no source."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    os.mkfifo(package / "pipe.py")
    with pytest.raises(LoadError, match="is no plain file"):
        read(package)
    large = tmp_path / "large.py"
    large.write_text("#" * (2**23 + 1), encoding="utf-8")
    with pytest.raises(LoadError, match="is larger than 8 MB"):
        read(large)
