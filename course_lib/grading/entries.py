"""The files that an instructor gave, in folders and in zips. Nothing is unpacked to the disk, no link is followed.

All of it may be hostile: names that lead elsewhere, links, pipes, bombs. Each such file is named, with the reason why
it is not read, and the others are read all the same.
"""
import errno
import io
import os
import re
import stat
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_lib.errors import CourseError, shown

MB = 2**20
LARGEST = 20 * MB        # a notebook
LARGEST_ZIP = 100 * MB   # a student's zip, which is opened in memory
MOST_ENTRIES = 10_000    # files and folders of one student, or in one zip of a student
DEEPEST = 20             # folders within folders
CLASS_ENTRIES = 500_000  # in the zip of the class


@dataclass(frozen=True)
class Entry:
    """A file or a folder: its path below the submissions, and where it is read. `why` says why it is not."""
    parts: tuple[str, ...]
    place: Path                    # a file on the disk
    inside: tuple[int, ...] = ()   # the number of its entry in that zip, and perhaps in the zip that this one is
    folder: bool = False
    why: str = ""

    @property
    def name(self) -> str:
        return "/".join(self.parts)

    @property
    def ending(self) -> str:
        return "" if self.folder else os.path.splitext(self.parts[-1])[1].lower()

    def read(self, most: int = LARGEST) -> bytes:
        """What the file holds, at most `most` bytes. Raises CourseError with the reason where it cannot be read."""
        if self.why:
            raise CourseError(self.why)
        try:
            with open_plain(self.place) as file:
                return content(file, self.inside, most)
        except OSError as error:
            raise CourseError(f"it cannot be read: {error.strerror or type(error).__name__}") from None


def entries_of(root: Path) -> Iterator[Entry]:
    """All that lies in what the instructor gave: a folder, a zip, or one notebook."""
    if root.is_dir():
        yield from entries_of_folder(root)
    elif root.is_file() and root.suffix.lower() == ".ipynb":
        yield Entry((text(root.name),), root)
    elif root.is_file():
        try:
            with open_plain(root) as file:
                found = list(entries_of_zip(file, root, (), (), CLASS_ENTRIES))
        except CourseError as error:
            raise CourseError(f"{root}: {error}. Give a folder or a zip of submissions.") from None
        tops = {entry.parts[0] for entry in found}
        copy = r"( ?\(\d+\)|-\d+)?"  # a browser's second download
        wrapped = len(tops) == 1 and bool(re.fullmatch(re.escape(*tops) + copy, root.stem))  # a folder that was zipped
        yield from (Entry(entry.parts[wrapped:], entry.place, entry.inside, entry.folder, entry.why)
                    for entry in found if entry.parts[wrapped:])
    else:
        raise CourseError(f"{root}: there is no such folder or zip. Give where the submissions lie.")


def hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def text(name: str) -> str:
    """A file's name as text that can be written: bytes that are no UTF-8 become question marks."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def entries_of_folder(root: Path) -> Iterator[Entry]:
    """The files and folders below a folder. A link is named and not followed, a pipe or a device not opened."""
    waiting, counts = [((), root)], defaultdict(int)
    while waiting:
        parts, folder = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                found = sorted((one for one in listing if not hidden(one.name)), key=lambda one: one.name)
        except OSError as error:
            if not parts:
                raise CourseError(f"{root}: the folder cannot be read: {error.strerror}.") from None
            yield Entry(parts, folder, folder=True, why=f"the folder cannot be read: {error.strerror}")
            continue
        for one in found:
            inner, mode = (*parts, text(one.name)), one.stat(follow_symlinks=False).st_mode
            counts[inner[0]] += 1
            if counts[inner[0]] > MOST_ENTRIES:
                yield Entry(inner[:1], folder, folder=True, why=f"it holds more than {MOST_ENTRIES:,} files")
                waiting = [other for other in waiting if other[0][:1] != inner[:1]]
                break
            if stat.S_ISDIR(mode):
                too_deep = len(inner) > DEEPEST
                yield Entry(inner, Path(one.path), folder=True, why="its folders are too deep" if too_deep else "")
                waiting += [] if too_deep else [(inner, Path(one.path))]
            elif stat.S_ISREG(mode):
                yield Entry(inner, Path(one.path))
            else:
                kind = "a link, which is not followed" if stat.S_ISLNK(mode) else "no plain file"
                yield Entry(inner, Path(one.path), why=f"it is {kind}")


def open_plain(path: Path) -> io.BufferedReader:
    """A file, opened for reading. OSError where it is a link, a pipe or a device, even if it has become one since."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no plain file")
    return os.fdopen(handle, "rb")


def opened(file, most: int) -> zipfile.ZipFile:
    """A zip, unless it is damaged or lists more than `most` entries (46 bytes each at least): CourseError then."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 66_000))
    end = file.read()
    at = end.rfind(b"PK\5\6")
    listing = int.from_bytes(end[at + 12:at + 16], "little")
    if at >= 0 and (listing > most * 300 or b"PK\6\7" in end[max(0, at - 20):at] and most < CLASS_ENTRIES):
        raise CourseError(f"the zip lists more than {most:,} files")
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:  # what a damaged zip raises is of many kinds
        raise CourseError(f"it is no zip that can be read ({shown(error)})") from None
    if len(archive.filelist) > most:
        raise CourseError(f"the zip lists more than {most:,} files")
    return archive


def entries_of_zip(file, place: Path, inside: tuple, above: tuple, most: int) -> Iterator[Entry]:
    """The files and folders that a zip lists. A name that leads out of it is named and not read."""
    for number, info in enumerate(opened(file, most).filelist):
        name = info.filename
        if not info.flag_bits & 0x800:  # not said to be UTF-8: often it is, and else as it was read
            try:
                name = name.encode("cp437").decode("utf-8")
            except UnicodeError:
                pass
        name = text(name.encode("utf-8", "replace").decode().replace("\\", "/"))
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        if not parts or any(map(hidden, (part for part in parts if part != ".."))):
            continue
        mode = info.external_attr >> 16
        why = ""
        if ".." in parts or name.startswith("/") or re.match("[A-Za-z]:", name):
            why, parts = "its name leads out of the zip", tuple(part for part in parts if part != "..") or ("..",)
        elif stat.S_ISLNK(mode):
            why = "it is a link, which is not followed"
        elif info.flag_bits & 1:
            why = "it is encrypted"
        elif len(parts) > DEEPEST:
            why = "its folders are too deep"
        yield Entry((*above, *parts), place, (*inside, number), info.is_dir(), why)


def content(file, inside: tuple[int, ...], most: int) -> bytes:
    """At most `most` bytes of a file, or of the entry of the zip that it is. CourseError if there are more."""
    for place, number in enumerate(inside):
        archive = opened(file, CLASS_ENTRIES)
        limit = most if place == len(inside) - 1 else LARGEST_ZIP
        try:
            with archive.open(archive.filelist[number]) as member:
                data = member.read(limit + 1)  # whatever size the zip says it has
        except Exception as error:  # a wrong checksum, another compression, a bad header: each its own exception
            raise CourseError(f"it cannot be read from the zip ({shown(error)})") from None
        if len(data) > limit:
            raise CourseError(f"it is larger than {limit // MB} MB")
        file = io.BytesIO(data)
    data = file.read(most + 1)
    if len(data) > most:
        raise CourseError(f"it is larger than {most // MB} MB")
    return data
