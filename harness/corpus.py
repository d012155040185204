"""The corpus: the book's Time Machine where it is at hand, else an English-like text made from a seed."""

from __future__ import annotations

import hashlib
import os
import random
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import platformdirs

URL = "http://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt"
SHA1 = "090b5e7e70c295757f55df93cb0a180b9691891a"
VARIABLE = "SEQGRADE_CORPUS"


class CorpusError(Exception):
    """A corpus that is missing, or is not the one it should be."""


@dataclass(frozen=True)
class Corpus:
    """A text, where it came from, whether it is the book's (whose golden facts are known), and whether it was given
    on the command line."""

    text: str
    origin: str
    golden: bool
    given: bool = False


def cached() -> Path:
    """Where a downloaded corpus is kept: the user's cache folder."""
    return Path(platformdirs.user_cache_dir("seqgrade")) / "timemachine.txt"


@lru_cache(maxsize=4)
def open_corpus(path: str | None = None) -> Corpus:
    """The corpus at `path`, else at $SEQGRADE_CORPUS, else in the cache, else the embedded one.

    Raises CorpusError where a given file is missing or is a look-alike of The Time Machine.
    """
    if path:
        return replace(_verified(Path(path)), given=True)
    if os.environ.get(VARIABLE):
        return _verified(Path(os.environ[VARIABLE]))
    if cached().is_file():
        return _verified(cached())
    return Corpus(embedded_text(), "embedded", golden=False)


def _verified(path: Path) -> Corpus:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: the corpus cannot be read ({error.strerror}); give another --corpus") from error
    digest = hashlib.sha1(content).hexdigest()
    if digest != SHA1:
        raise CorpusError(
            f"{path}: is not the book's timemachine.txt: its SHA-1 is {digest}, but should be {SHA1}; "
            "look-alike files exist, so fetch the right one with `seqgrade corpus`"
        )
    return Corpus(content.decode("utf-8"), str(path), golden=True)


def download() -> Path:
    """Fetch the book's corpus once into the user's cache, verified. Raises CorpusError."""
    import pooch  # only here: grading never downloads

    try:
        pooch.retrieve(URL, known_hash=f"sha1:{SHA1}", fname=cached().name, path=cached().parent)
    except Exception as error:  # pooch passes on whatever its downloader raises
        raise CorpusError(f"{URL}: cannot be fetched ({error}); download it by hand and give --corpus PATH") from error
    return cached()


@lru_cache(maxsize=1)
def embedded_text() -> str:
    """About 60 000 characters with the marks of English prose: words by Zipf's law, sentences, line breaks,
    punctuation, digits, capitals, a few letters beyond ASCII."""
    rng = random.Random(20)
    syllables = [c + v for c in "bcdfghlmnprstvw" for v in "aeiou"] + [
        "th",
        "er",
        "in",
        "qu",
        "x",
        "z",
        "j",
        "k",
        "y",
    ]
    words = [
        "the",
        "of",
        "and",
        "i",
        "a",
        "to",
        *{"".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(1500)},
    ]
    words.sort(key=lambda word: (len(word), word))
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    lines, line = [], ""
    for i, word in enumerate(rng.choices(words, weights, k=12_000)):
        mark = "" if i % 11 else rng.choice([".", ",", ";", "--", "!", "_", " 12", "'s", " caf\u00e9"])
        line += (word.capitalize() if i % 13 == 0 else word) + mark + " "
        if len(line) > 65:
            lines.append(line.rstrip())
            line = ""
    return "\n".join(lines) + "\n"
