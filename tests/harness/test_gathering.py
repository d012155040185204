"""Tests of gathering: every layout by a sample of it, every attack on unpacking by an archive that tries it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import struct
import tarfile
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from harness.grading.gathering import Caps, Found, Person, gather
from harness.grading.gathering.found import GatherError
from harness.grading.gathering.layouts import piece_of
from harness.grading.gathering.metadata import submitters
from harness.grading.gathering.naming import safe
from harness.plugins import LoadError, read

CODE = b"from harness import hookimpl\n"
METADATA = """---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '3031'
    :email: ada@example.edu
  :created_at: 2026-03-01 23:59:01.5 Z
  :score: 8.0
  :results:
    tests:
    - output: |
        submission_999:
          :submitters:
submission_102:
  :submitters:
  - :name: "Zo\\xEB O'Neil"
    :sid: ''
    :email: zoe@example.edu
  - :name: Grace Hopper
    :sid: '3033'
    :email: grace@example.edu
submission_103:
  :submitters:
  - :name:
    :sid: '3034'
    :email: x@example.edu
"""


def zipped(files: dict[str, bytes | str]) -> bytes:
    """A zip archive of these files; of the content, a `str` is a link's target."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in files.items():
            info = zipfile.ZipInfo(name.rstrip("+"))
            info.external_attr = (0o120777 if isinstance(content, str) else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def tarred(*members: tuple[str, bytes | tuple[bytes, str]], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive of files, by (name, content), and of other things, by (name, (type, target))."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = content
                archive.addfile(info)
    return buffer.getvalue()


def wrote(path: Path, content: bytes = CODE) -> Path:
    """The file, written, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def one(folder: Path, name: str, content: bytes, caps: Caps = Caps()) -> Found:  # noqa: B008  # frozen
    """What an archive of this content holds: one submission. Outside of the folder for it, nothing may change."""
    path = wrote(folder / "in" / name, content)
    before = sorted(folder.rglob("*"))
    (found,) = gather([path], folder / "out", caps)
    after = [item for item in sorted(folder.rglob("*")) if not item.is_relative_to(folder / "out")]
    assert after == before
    assert path.read_bytes() == content
    assert not any(item.is_symlink() or not (item.is_file() or item.is_dir()) for item in folder.rglob("*"))
    return found


def by_name(found: list[Found]) -> dict[str, Found]:
    assert len({item.name for item in found}) == len(found)
    return {item.name: item for item in found}


# ---------------------------------------------------------------------------------------------- attacks on unpacking

BAD_NAMES = {
    "traversal": ("../evil.py", "leads out of its folder"),
    "traversal inside": ("a/../../evil.py", "leads out of its folder"),
    "windows traversal": ("..\\..\\evil.py", "leads out of its folder"),
    "absolute": ("/tmp/evil.py", "has an absolute path"),
    "windows drive": ("C:\\evil.py", "has an absolute path"),
    "windows share": ("\\\\host\\evil.py", "has an absolute path"),
    "control character": ("a\x1b[2J.py", "has a control character"),
    "huge name": ("a" * 4000 + ".py", "has a name of 4003 bytes"),
    "long path": (("b" * 190 + "/") * 10 + "b.py", "has a path of 1915 bytes"),
    "deep": ("a/" * 30 + "b.py", "lies 31 folders deep"),
}


@pytest.mark.parametrize("attack", BAD_NAMES)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_that_leads_elsewhere_is_refused(attack: str, kind: str, tmp_path: Path) -> None:
    """One submission, whose error names file, entry, fault and mend; nothing is written outside."""
    name, said = BAD_NAMES[attack]
    content = (
        zipped({"__init__.py": CODE, name: CODE}) if kind == "zip" else tarred(("__init__.py", CODE), (name, CODE))
    )
    found = one(tmp_path, f"alice.{kind}", content)
    assert found.name == "alice"
    assert found.error is not None
    assert f"alice.{kind}: " in found.error
    assert said in found.error
    assert "; " in found.error
    assert len(found.error) < 400


def test_a_null_byte_in_a_name_is_refused(tmp_path: Path) -> None:
    """What zipfile cuts off at the null byte counts."""
    content = zipped({"hw.pyX.txt": CODE}).replace(b"hw.pyX.txt", b"hw.py\0.txt")
    assert "control character" in str(one(tmp_path, "alice.zip", content).error)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.SYMTYPE, "symbolic link"),
        (tarfile.LNKTYPE, "hard link"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (tarfile.FIFOTYPE, "pipe"),
        (tarfile.GNUTYPE_SPARSE, "sparse"),
        (b"Z", "no plain file"),
    ],
)
def test_what_is_no_plain_file_in_a_tar_is_refused(kind: bytes, said: str, tmp_path: Path) -> None:
    """Links, devices, pipes, sparse files and unknown kinds."""
    found = one(tmp_path, "alice.tar", tarred(("hw.py", CODE), ("x.txt", (kind, "/etc/passwd"))))
    assert said in str(found.error)
    assert "'x.txt'" in str(found.error)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    """A file cannot be written through one either."""
    found = one(tmp_path, "alice.zip", zipped({"d": "/tmp", "d/hw.py": CODE}))
    assert "'d' is a symbolic link" in str(found.error)


def test_a_device_in_a_zip_is_refused(tmp_path: Path) -> None:
    """By the mode that a zip may carry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("hw.py")
        info.external_attr = 0o020666 << 16
        archive.writestr(info, CODE)
    assert "is a device" in str(one(tmp_path, "alice.zip", buffer.getvalue()).error)


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_bomb_by_ratio_is_refused(kind: str, tmp_path: Path) -> None:
    """What unpacks to hundreds of times its size stops at the cap."""
    zeros = bytes(6 * 2**20)
    if kind == "zip":
        content = zipped({"hw.py": zeros})
    else:
        content = {"gz": gzip, "bz2": bz2, "xz": lzma}[kind[4:]].compress(tarred(("hw.py", zeros)))
    assert "unpacks to more than" in str(one(tmp_path, f"alice.{kind}", content).error)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*.py")) <= 2**21


def test_what_is_no_source_is_never_unpacked(tmp_path: Path) -> None:
    """Data in a zip costs its author nothing, however large, and is not written."""
    found = one(tmp_path, "alice.zip", zipped({"hw.py": CODE, "data.bin": bytes(2**24)}))
    assert found.error is None
    assert [file.name for file in found.path.parent.iterdir()] == ["hw.py"]


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize(
    ("caps", "said"),
    [
        (Caps(entries=9), "9"),
        (Caps(files=9), "one file more than 9"),
        (Caps(file=3), "larger than 3 bytes"),
        (Caps(bytes=100), "is larger than"),
        (Caps(total=100), "unpacks to more than 100"),
    ],
)
def test_a_bomb_by_count_or_size_is_refused(kind: str, caps: Caps, said: str, tmp_path: Path) -> None:
    """Too many entries, too many files, too many bytes in one or in all."""
    files: dict[str, bytes | str] = {"__init__.py": CODE} | {f"a{number}.py": CODE for number in range(10)}
    content = zipped(files) if kind == "zip" else tarred(*((name, CODE) for name in files))
    assert said in str(one(tmp_path, f"alice.{kind}", content, caps).error)


def test_a_directory_of_a_zip_is_not_read_whole_at_any_size(tmp_path: Path) -> None:
    """A central directory that is too large is refused before it is read."""
    content = zipped({f"{number}/": b"" for number in range(200)} | {"hw.py": CODE})
    assert "its directory takes" in str(one(tmp_path, "alice.zip", content, Caps(directory=2000)).error)


def test_a_tar_s_oversized_attributes_are_refused(tmp_path: Path) -> None:
    """tarfile would read such a block into memory whole."""
    info = tarfile.TarInfo("hw.py")
    info.pax_headers = {"comment": "x" * 2**17}
    assert "has a header of" in str(one(tmp_path, "alice.tar", info.tobuf(tarfile.PAX_FORMAT) + bytes(1024)).error)


def test_a_nested_bomb_is_refused(tmp_path: Path) -> None:
    """A zip of a zip of zeros: the inner one is counted like the outer, and a third is not opened."""
    bomb = zipped({"hw.py": bytes(6 * 2**20)})
    assert "like a bomb" in str(one(tmp_path / "a", "alice.zip", zipped({"hw.zip": bomb})).error)
    packed = zipped({"hw.zip": bytes(6 * 2**20)})
    assert "like a bomb" in str(one(tmp_path / "b", "alice.zip", packed).error)
    thrice = zipped({"a.zip": zipped({"b.zip": zipped({"hw.py": CODE})})})
    assert "holds another archive" in str(one(tmp_path / "c", "alice.zip", thrice).error)


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    """Two entries of the directory that share one entry's bytes."""
    content = zipped({"a.py": CODE, "b.py": CODE})
    start = content.index(b"PK\1\2")
    second = content.index(b"PK\1\2", start + 1)
    content = content[: second + 42] + struct.pack("<I", 0) + content[second + 46 :]
    assert "overlap" in str(one(tmp_path, "alice.zip", content).error)


@pytest.mark.parametrize("lie", [0, 1, 5, 2**31 - 1])
def test_a_size_that_lies_is_not_believed(lie: int, tmp_path: Path) -> None:
    """A header that says less or more than there is: an error, and no byte beyond the caps."""
    content = bytearray(zipped({"hw.py": CODE * 100}))
    struct.pack_into("<I", content, 22, lie)
    struct.pack_into("<I", content, content.index(b"PK\1\2") + 24, lie)
    found = one(tmp_path, "alice.zip", bytes(content))
    assert found.error is not None
    assert "'hw.py'" in found.error


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    """There is no password to ask for."""
    content = bytearray(zipped({"hw.py": CODE}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    assert "encrypted" in str(one(tmp_path, "alice.zip", bytes(content)).error)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("p/__init__.py", "p/a.py", "p/a.py"), "is there twice"),
        (("p/__init__.py", "p/a.py", "p/A.py"), "differs from 'p/a.py' in case only"),
        (("p/__init__.py", "p/é.py", "p/e\u0301.py"), "differs from 'p/é.py' in case only"),
        (("p/__init__.py", "p/q/a.py", "p/Q/b.py"), "differs from 'p/q' in case only"),
        (("p/__init__.py", "p/q", "p/q/b.py"), "a file and a folder at once"),
        (("p/__init__.py", "p/q/b.py", "p/q"), "a file and a folder at once"),
    ],
)
def test_names_that_meet_are_refused(names: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """Which one would count depends on the system."""
    assert said in str(one(tmp_path, "alice.tar", tarred(*((name, CODE) for name in names))).error)


def test_a_name_twice_in_a_zip_is_refused(tmp_path: Path) -> None:
    """A zip may say two things under one name as well."""
    assert "is there twice" in str(one(tmp_path, "alice.zip", zipped({"hw.py": CODE, "hw.py+": b"2"})).error)


def test_names_in_other_encodings_are_read(tmp_path: Path) -> None:
    """UTF-8 without its flag, and Latin-1 in a tar; a zip whose flag lies is refused."""
    unflagged = zipped({"p/__init__.py": CODE, "p/xyz.py": CODE}).replace(b"p/xyz.py", "p/\xe9z.py".encode())
    found = one(tmp_path / "a", "alice.zip", unflagged)
    assert [file.name for file in sorted(found.path.iterdir())] == ["__init__.py", "\xe9z.py"]
    latin = tarred(("p/__init__.py", CODE), ("p/xz.py", CODE), form=tarfile.USTAR_FORMAT)
    old = tarfile.TarInfo("p/\xe9.py").tobuf(tarfile.USTAR_FORMAT, "latin-1", "strict")
    found = one(tmp_path / "b", "alice.tar", old + latin)
    assert (found.path / "\xe9.py").is_file()
    flagged = zipped({"\xe9.py": CODE}).replace("\xe9.py".encode(), b"\xff\xff.py")
    assert "cannot be unpacked" in str(one(tmp_path / "c", "alice.zip", flagged).error)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\3\4", b"Rar!\x1a\7\0", b"<html>", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", bytes(600), CODE * 40],
)
@pytest.mark.parametrize("name", ["alice.zip", "alice.tar.gz"])
def test_what_is_no_archive_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    """Whatever its suffix says."""
    found = one(tmp_path, name, content)
    assert found.error is not None
    assert name in found.error


def test_damage_anywhere_is_an_error_and_no_crash(tmp_path: Path) -> None:
    """Archives with bytes changed or cut off: one submission, graded or refused."""
    draw = random.Random(0)
    whole = zipped({"p/__init__.py": CODE, "p/b.py": CODE * 9}), gzip.compress(tarred(("p/__init__.py", CODE * 9)))
    for number in range(120):
        content = bytearray(whole[number % 2])
        for _ in range(draw.randint(1, 4)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        path = wrote(tmp_path / "alice.zip", bytes(content[: draw.randint(len(content) // 2, len(content) * 2)]))
        for found in gather([path], tmp_path / "out"):
            assert found.error or found.path.exists()


def test_the_kind_is_read_from_the_content(tmp_path: Path) -> None:
    """A tar that is called zip is unpacked all the same."""
    assert (
        one(tmp_path, "alice.zip", gzip.compress(tarred(("./", (tarfile.DIRTYPE, "")), ("./hw.py", CODE)))).error
        is None
    )


# --------------------------------------------------------------------------------------------------------- layouts


def gradescope(prefix: str = "") -> dict[str, bytes | str]:
    return {
        f"{prefix}submission_metadata.yml": METADATA.encode(),
        f"{prefix}submission_101/hw.py": CODE,
        f"{prefix}submission_101/notes.pdf": b"%PDF",
        f"{prefix}submission_102/mine/__init__.py": CODE,
        f"{prefix}submission_102/mine/rnn.py": CODE,
        f"{prefix}submission_103/hw.ipynb": b"{}",
        f"{prefix}submission_104/rnn.py": CODE,
        f"{prefix}submission_104/text.py": CODE,
    }


CANVAS: dict[str, bytes | str] = {
    "lovelaceada_123_9001_hw1.py": CODE,
    "hoppergrace_LATE_124_9002_hw1-2.py": CODE,
    "zoeoneil_125_9003_hw.zip": zipped({"hw/__init__.py": CODE, "__MACOSX/hw/._x.py": b"", ".git/config": b""}),
    "turingalan_126_9004___init__-1.py": CODE,
    "turingalan_126_9005_rnn.py": CODE,
    "eulerleonhard_127_text.html": b"<p>see mail",
    "noetheremmy_128_9006_hw.ipynb": b"{}",
    "noetheremmy_129_9007_part-1.py": CODE,
}
MOODLE: dict[str, bytes | str] = {
    "Ada Lovelace_501_assignsubmission_file_/hw.py": CODE,
    "Ada Lovelace_501_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
    "Zo\xeb O'Neil_502_assignsubmission_file_/hw.tar.gz": gzip.compress(tarred(("mine/__init__.py", CODE))),
    "Ada Lovelace_503_assignsubmission_file_hw.py": CODE,
    "Only Text_504_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
}


def laid(folder: Path, files: dict[str, bytes | str], kind: str) -> Path:
    """The files as a folder, a zip, or a tar."""
    if kind == "folder":
        for name, content in files.items():
            assert isinstance(content, bytes)
            wrote(folder / "class" / name, content)
        return folder / "class"
    if kind == "zip":
        return wrote(folder / "class.zip", zipped(files))
    members = [(name, content) for name, content in files.items() if isinstance(content, bytes)]
    return wrote(folder / "class.tgz", gzip.compress(tarred(*members)))


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
@pytest.mark.parametrize("prefix", ["", "assignment_77_export/"])
def test_gradescope_s_export_is_read(kind: str, prefix: str, tmp_path: Path) -> None:
    """Names, ids and people come from the metadata; each folder gives its file or package, or says why not."""
    found = by_name(gather([laid(tmp_path, gradescope(prefix), kind)], tmp_path / "out"))
    assert set(found) == {"Ada Lovelace", "Zo\xeb O'Neil + Grace Hopper", "3034", "submission_104"}
    ada, pair = found["Ada Lovelace"], found["Zo\xeb O'Neil + Grace Hopper"]
    assert (ada.path.name, ada.id, ada.origin, ada.error) == ("hw.py", "101", "gradescope", None)
    assert ada.people == (Person("Ada Lovelace", "3031", "ada@example.edu"),)
    assert [one.sid for one in pair.people] == ["", "3033"]
    assert set(read(pair.path).modules) == {"", "rnn"}
    assert "notebook" in str(found["3034"].error)
    assert "holds 2 .py files (rnn.py, text.py) and no __init__.py" in str(found["submission_104"].error)


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_a_student_s_own_metadata_names_nobody(kind: str, tmp_path: Path) -> None:
    """Only the export's own counts, whichever comes first."""
    forged = {"submission_101/submission_metadata.yml": METADATA.replace("Grace Hopper", "Ada Lovelace").encode()}
    found = by_name(gather([laid(tmp_path, forged | gradescope(), kind)], tmp_path / "out"))
    assert "Zo\xeb O'Neil + Grace Hopper" in found


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_canvas_s_export_is_read(kind: str, tmp_path: Path) -> None:
    """Files of one student come together under their own names; equal names are told apart by Canvas's id."""
    found = by_name(gather([laid(tmp_path, CANVAS, kind)], tmp_path / "out"))
    assert {name: item.id for name, item in found.items()} == {
        "lovelaceada": "123",
        "hoppergrace": "124",
        "zoeoneil": "125",
        "turingalan": "126",
        "eulerleonhard": "127",
        "noetheremmy-128": "128",
        "noetheremmy-129": "129",
    }
    assert {item.origin for item in found.values()} == {"canvas"}
    assert set(read(found["turingalan"].path).modules) == {"", "rnn"}
    assert [file.name for file in found["zoeoneil"].path.iterdir()] == ["__init__.py"]
    assert {name for name, item in found.items() if item.error} == {"eulerleonhard", "noetheremmy-128"}
    assert "text entry is not graded" in found["eulerleonhard"].notes[0]
    assert "notebook" in str(found["noetheremmy-128"].error)


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_moodle_s_export_is_read(kind: str, tmp_path: Path) -> None:
    """With folders or without; online text is left out with a note."""
    found = by_name(gather([laid(tmp_path, MOODLE, kind)], tmp_path / "out"))
    assert set(found) == {"Ada Lovelace-501", "Ada Lovelace-503", "Zo\xeb O'Neil", "Only Text"}
    assert {item.origin for item in found.values()} == {"moodle"}
    assert "onlinetext is not graded" in found["Ada Lovelace-501"].notes[0]
    assert {name for name, item in found.items() if item.error} == {"Only Text"}
    assert all(read(item.path) for item in found.values() if not item.error)


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_a_plain_class_is_read(kind: str, tmp_path: Path) -> None:
    """Files, packages, folders with one file, and archives, each named after itself; other files are nobody's."""
    files: dict[str, bytes | str] = {
        "alice.py": CODE,
        "bob/__init__.py": CODE,
        "carol/hw/hw.py": CODE,
        "dave.zip": zipped({"hw.py": CODE}),
        "erin.tar.xz": lzma.compress(tarred(("mine/__init__.py", CODE))),
        "frank.rar": b"Rar!",
        "roster.csv": b"name\n",
        "plots/a.png": b"",
    }
    found = by_name(gather([laid(tmp_path, files, kind)], tmp_path / "out"))
    assert set(found) == {"alice", "bob", "carol", "dave", "erin", "frank"}
    assert {name for name, item in found.items() if item.error} == {"frank"}
    assert all(read(item.path) for item in found.values() if not item.error)


def test_one_bad_submission_costs_no_other_its_grade(tmp_path: Path) -> None:
    """In one class archive, each of these loses alone, and what leads out of the class is named by itself."""
    files: dict[str, bytes | str] = {
        "alice.py": CODE,
        "bomb.py": bytes(6 * 2**20),
        "link/hw.py": "/etc/passwd",
        "out/../../hw.py": CODE,
        "broken.zip": b"PK\3\4",
        "../evil.py": CODE,
        "zoe/hw.py": CODE,
    }
    found = by_name(gather([wrote(tmp_path / "class.zip", zipped(files))], tmp_path / "out"))
    assert set(found) == {"alice", "bomb", "link", "out", "broken", "class", "zoe"}
    assert {name for name, item in found.items() if not item.error} == {"alice", "zoe"}
    assert not list(tmp_path.parent.glob("evil.py"))


def test_what_a_cut_off_tar_still_holds_is_graded(tmp_path: Path) -> None:
    """Who came before the damage loses nothing: the others' error names it."""
    content = tarred(*((f"s{number}.py", CODE * 30) for number in range(4)))
    content = content[:512] + content[512:]
    path = wrote(tmp_path / "class.tar", content)
    (cut,) = {item.error for item in gather([wrote(tmp_path / "cut.tar", content[:3000])], tmp_path / "out")} - {None}
    assert "cut.tar: cannot be unpacked" in str(cut)
    assert len(gather([path], tmp_path / "out")) == 4


@pytest.mark.parametrize("wrapper", ["", "alice/", "hw1/"])
def test_an_archive_that_holds_one_thing_bears_its_name(wrapper: str, tmp_path: Path) -> None:
    """`alice.zip` with a file or package inside is alice's."""
    file = one(tmp_path / "a", "alice.zip", zipped({f"{wrapper}hw.py": CODE, f"{wrapper}README.md": b""}))
    package = one(tmp_path / "b", "alice.zip", zipped({f"{wrapper}__init__.py": CODE, f"{wrapper}rnn.py": CODE}))
    assert (file.name, file.path.name, file.error) == ("alice", "hw.py", None)
    assert (package.name, package.error) == ("alice", None)
    assert set(read(package.path).modules) == {"", "rnn"}


def test_ordinary_paths_are_found_as_before(tmp_path: Path) -> None:
    """Files, packages and folders of these, each once, under distinct names; hidden or no code: passed over."""
    for name in ("a/hw.py", "b/hw.py", "c/carol.py", "c/dan/__init__.py", "c/.hidden.py", "c/notes.txt"):
        wrote(tmp_path / name)
    given = [tmp_path / "a" / "hw.py", tmp_path / "b" / "hw.py", tmp_path / "c", tmp_path / "c" / "carol.py"]
    found = {item.name: item.path for item in gather(given, tmp_path / "out")}
    here = tmp_path / "c"
    expected = [tmp_path / "a" / "hw.py", tmp_path / "b" / "hw.py", here / "carol.py", here / "dan"]
    assert found == dict(zip(("a-hw", "b-hw", "carol", "dan"), expected, strict=True))
    assert not (tmp_path / "out").exists()


def test_a_link_in_a_class_folder_is_refused(tmp_path: Path) -> None:
    """It is not read through, whether a file, a folder, an archive, or one of Canvas's."""
    secret = wrote(tmp_path / "secret" / "hw.py")
    packed = wrote(tmp_path / "secret.zip", zipped({"hw.py": CODE}))
    folder = tmp_path / "class"
    folder.mkdir()
    for name, target in {"a.py": secret, "b": secret.parent, "c.zip": packed, "d_1_2_x.py": secret}.items():
        (folder / name).symlink_to(target)
    (folder / "d_1_3_y.py").write_bytes(CODE)
    for item in gather([folder], tmp_path / "out"):
        with pytest.raises((LoadError, GatherError), match="symbolic link"):
            raise GatherError(item.error) if item.error else LoadError(read(item.path))


def test_a_pipe_in_a_class_folder_is_refused(tmp_path: Path) -> None:
    """Nobody waits for it."""
    os.mkfifo(tmp_path / "x.zip")
    assert "no plain file" in str(gather([tmp_path], tmp_path / "out")[0].error)


# ------------------------------------------------------------------------------------------------- names and places


def test_unpacking_is_deterministic_and_empties_only_its_own_folder(tmp_path: Path) -> None:
    """Twice gives the same; what is not ours is never deleted."""
    path = laid(tmp_path, gradescope(), "zip")
    first = gather([path], tmp_path / "out")
    files = sorted((tmp_path / "out").rglob("*"))
    wrote(tmp_path / "out" / "stale.py")
    assert gather([path], tmp_path / "out") == first
    assert sorted((tmp_path / "out").rglob("*")) == files
    wrote(tmp_path / "mine" / "thesis.txt")
    with pytest.raises(LoadError, match="holds other things"):
        gather([path], tmp_path / "mine")
    with pytest.raises(LoadError, match="which is emptied"):
        gather([tmp_path / "out" / "Ada Lovelace"], tmp_path / "out")
    assert first[0].path.is_file()


def test_what_was_unpacked_inside_a_class_folder_is_no_submission(tmp_path: Path) -> None:
    """`grade class --out class/results`, twice."""
    folder = laid(tmp_path, CANVAS, "folder")
    into = folder / "results" / "unpacked"
    assert gather([folder], into) == gather([folder], into)


@pytest.mark.parametrize(
    ("item", "owner"),
    [
        ("Ada_501_assignsubmission_file_Bob_5_assignsubmission_file_x.py", ("Ada", "501", "moodle")),
        ("lovelaceada_123_9001_hopper_LATE_124_9002_hw.py", ("lovelaceada", "123", "canvas")),
        ("anon_a1B2c_124_9002_hw.py", ("anon_a1B2c", "124", "canvas")),
    ],
)
def test_a_file_s_own_name_cannot_claim_another_owner(item: str, owner: tuple[str, str, str]) -> None:
    """What the export put first counts."""
    found = piece_of(item, False, None).owner
    assert (found.name, found.id, found.origin) == owner


def test_a_missing_path_is_bad_usage(tmp_path: Path) -> None:
    """It raises, as a path of another kind does."""
    with pytest.raises(LoadError, match="no such file"):
        gather([tmp_path / "class.zip"], tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("../a/b\\c", "_a_b_c"),
        ("CON", "CON_"),
        ("a\x00\u202eb.", "a__b"),
        ("-rf", "rf"),
        ("...", "unnamed"),
        ("\xe9" * 200, "\xe9" * 75),
    ],
)
def test_names_fit_for_folders(name: str, folder: str) -> None:
    """On any system."""
    assert safe(name) == folder


def test_names_that_differ_in_case_only_are_told_apart(tmp_path: Path) -> None:
    """A record of one must not replace the other's."""
    found = gather([wrote(tmp_path / "x" / "Bob.py"), wrote(tmp_path / "y" / "bob.py")], tmp_path / "out")
    assert [item.name for item in found] == ["x-Bob", "y-bob"]


@pytest.mark.parametrize(
    "line",
    ["- :name: !ruby/object:Kernel {}", "- :name: &a x", "- :name: *a", "- :name: |", "- :name: {a: b}", "nonsense"],
)
def test_what_is_no_plain_metadata_is_not_guessed_at(line: str, tmp_path: Path) -> None:
    """Tags, anchors and blocks are refused with their line; the folders' names serve, with a note."""
    text = f"submission_1:\n  :submitters:\n  {'' if line[0] == '-' else '  '}{line}\n"
    with pytest.raises(GatherError, match="line 3"):
        submitters(text.encode())
    files: dict[str, bytes | str] = {"submission_metadata.yml": text.encode(), "submission_1/hw.py": CODE}
    (found,) = gather([laid(tmp_path, files, "zip")], tmp_path / "out")
    assert (found.name, found.id, found.error) == ("submission_1", "1", None)
    assert "named by their folders" in found.notes[0]


def test_findings_are_frozen(tmp_path: Path) -> None:
    """A record is plain data."""
    (found,) = gather([wrote(tmp_path / "a.py")], tmp_path / "out")
    assert replace(found) == found == Found("a", tmp_path / "a.py")
