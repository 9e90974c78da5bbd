"""The file behind course_lib.progress: lines of JSON, an entry each. Lines are added, and none is ever changed.

An entry is written at once, with a line end before it and one after it. So several kernels can share the file, and a
line that was damaged, or that a killed kernel left half written, spoils no other: it is passed over.
"""
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from course_lib.progress import older
from course_lib.progress.entry import Event, event_of
from course_lib.progress.place import place

try:
    import fcntl
except ImportError:  # on Windows
    import msvcrt
    fcntl = None

NAME = "progress.jsonl"

_said: set[str] = set()  # messages that were already shown in this process
_unsaved: dict[Path, bytes] = {}  # lines that a file did not take


def say_once(message: str) -> None:
    if message and message not in _said:
        _said.add(message)
        print(message)


def path() -> Path:
    """The file, which the first answer makes; says so where COURSE_HOME cannot be used."""
    folder, problem = place()
    say_once(problem)
    return folder / NAME


def only_in_memory() -> bool:
    """Whether what this process recorded last ends with it, for its file cannot be written."""
    return path() in _unsaved


def append(events: Iterable[Event]) -> None:
    """Adds entries to the file. What it does not take is kept in memory, said, and tried again with the next entry."""
    file = path()
    lines = _unsaved.get(file, b"") + "".join(f"\n{json.dumps(asdict(event))}\n" for event in events).encode()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "ab", buffering=0) as out:
            lock(out)
            rest = lines
            while rest:
                rest = rest[out.write(rest):]
        _unsaved.pop(file, None)
    except OSError as error:
        _unsaved[file] = lines
        say_once(f"Your progress cannot be written to {file} ({error.strerror or error}). It is kept only until this "
                 "kernel stops; set COURSE_HOME to a folder that you may write to, or save it: "
                 "course_lib.progress.export(path).")


def read() -> list[Event]:
    """Every entry, oldest first, each once. Says where a file cannot be read, and which lines are no entries."""
    file, content = path(), b""
    try:
        with open(file, "rb", buffering=0) as source:
            lock(source)
            content = source.read()
    except FileNotFoundError:
        pass
    except OSError as error:
        say_once(f"Your progress cannot be read from {file} ({error.strerror or error}).")
    found = {event.uid: event for event in of_before(file.with_name(older.NAME))}
    bad = []
    for number, line in enumerate((content + _unsaved.get(file, b"")).split(b"\n"), 1):
        try:
            if line.strip():
                event = entry_on(line)
                found.setdefault(event.uid, event)
        except (ValueError, RecursionError):
            bad.append(number)
    if bad:
        say_once(f"Lines of {file} that are damaged, or not this course's, were passed over: {len(bad)}, the first is "
                 f"line {bad[0]}. All others are there. If you have an export of before, it brings back what is lost: "
                 "course_lib.progress.restore(path).")
    return sorted(found.values(), key=lambda event: event.at)


def of_before(file: Path) -> tuple[Event, ...]:
    """The entries of the file that the course kept before, if there is one; says where it cannot be read."""
    try:
        return older.entries(file, file.stat().st_mtime)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        say_once(f"Your progress of before cannot be read from {file} ({error}). What you do now is kept all the same.")
    return ()


@lru_cache(maxsize=10_000)
def entry_on(line: bytes) -> Event:
    """The entry, which is looked through once however often the file is read. Raises ValueError where there is none."""
    return event_of(json.loads(line))


def lock(held: BinaryIO) -> None:
    """Waits until no other kernel has the file locked; closing it ends the lock."""
    with suppress(OSError):  # a mounted drive may have no locks
        if fcntl:
            fcntl.flock(held, fcntl.LOCK_EX)
        else:
            held.seek(0)  # the byte that all lock
            msvcrt.locking(held.fileno(), msvcrt.LK_LOCK, 1)
