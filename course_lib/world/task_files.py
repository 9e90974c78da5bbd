"""Rows from outside: a CSV, JSONL or Parquet file of your own, or a data set on the Hugging Face Hub."""
import csv
import io
import json
import os
from pathlib import Path

from course_lib.display import counted
from course_lib.errors import CourseError, shown
from course_lib.world.task_cleaning import COLUMNS, Given, columns
from course_lib.world.task_splits import SPLIT_NAMES

SUFFIXES = (".csv", ".jsonl", ".parquet")


def read_file(path: Path) -> dict[str, Given]:
    """The rows of a file by the value of its `split` column (all in "train" where it has none).

    Each with its place in the file, "line 7"; a Parquet file has no lines, but rows. Raises CourseError for a file that
    is not there, cannot be read, or is not what its suffix says.
    """
    if not os.path.isfile(path):
        kind = "is a folder" if os.path.isdir(path) else "does not exist"
        raise CourseError(f"The file {path!s:.200} {kind}. Give the path of a file ending in "
                          f"{', '.join(SUFFIXES)}.")
    if path.stat().st_size == 0:
        raise CourseError(f"The file {path} is empty. It needs columns: text, label, or prompt, answer.")
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    try:
        rows = readers[path.suffix.lower()](path)
    except OSError as error:  # no permission, a disk that went away
        raise CourseError(f"The file {path} cannot be read: {error.strerror or error}.") from error
    if not rows:
        raise CourseError(f"The file {path} has no rows.")
    by_split: dict[str, Given] = {}
    where_none = None if any("split" in row for _, row in rows) else "train"  # a line of JSON may lack it
    for place, row in rows:
        split = row.get("split", where_none)
        if split not in SPLIT_NAMES:
            allowed = ", ".join(SPLIT_NAMES)
            raise CourseError(f"{path}: {place} has the split {shown(split)}; allowed are {allowed}.")
        by_split.setdefault(split, []).append((place, row))
    return by_split


def _text_of(path: Path) -> str:
    data = path.read_bytes()
    if b"\0" in data:  # in UTF-16, of every plain letter
        raise CourseError(f"The file {path} is not UTF-8: it holds bytes of 0, as UTF-16 does. Save it again as "
                          f"UTF-8, or convert it: iconv -f utf-16 -t utf-8 '{path.name}' > 'utf8-{path.name}'.")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = 1 + data[:error.start].count(b"\n")
        raise CourseError(
            f"The file {path} is not UTF-8: byte {error.start} (from 0), in line {line}, is 0x{data[error.start]:02x}. "
            "Save it again as UTF-8, or convert it; if it is Latin-1: "
            f"iconv -f latin1 -t utf-8 '{path.name}' > 'utf8-{path.name}'."
        ) from error


def _read_csv(path: Path) -> Given:
    reader = csv.reader(io.StringIO(_text_of(path), newline=""), strict=True)
    names, rows, following = None, [], 1  # a row begins where the one before it ended: it may have several lines
    try:
        for fields in reader:
            line, following = following, reader.line_num + 1
            if not fields:
                continue
            if names is None:
                columns(names := fields, path)
            elif len(fields) != len(names):
                raise CourseError(f"Line {line} of {path} has {len(fields)} fields, not {len(names)} fields as the "
                                  "header has. A text with a comma in it must stand in double quotes.")
            else:
                rows.append((f"line {line}", dict(zip(names, fields))))
    except csv.Error as error:
        raise CourseError(f"Line {following} of {path} begins what is no valid CSV: {error}.") from error
    columns(names or (), path)
    return rows


def _read_jsonl(path: Path) -> Given:
    rows = []
    for number, line in enumerate(_text_of(path).split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line, object_pairs_hook=_no_name_twice)
            except json.JSONDecodeError as error:
                raise CourseError(f"Line {number} of {path} is no valid JSON: {error}.") from error
            except CourseError as error:
                raise CourseError(f"Line {number} of {path} {error}") from None
            except (ValueError, RecursionError) as error:
                raise CourseError(f"Line {number} of {path} holds a number with too many digits, or brackets in "
                                  "brackets too deeply. Only text and label, or prompt and answer, are needed: "
                                  "write them as texts, in quotes.") from error
            if not isinstance(row, dict):
                raise CourseError(f'Line {number} of {path} must be like {{"text": ..., "label": ...}}.')
            rows.append((f"line {number}", row))
    return rows


def _no_name_twice(pairs: list[tuple]) -> dict:
    found: dict = {}
    for name, value in pairs:
        if name in found:
            raise CourseError(f"has {shown(name)} twice. Which of them is meant? Leave one out.")
        found[name] = value
    return found


def _read_parquet(path: Path) -> Given:
    import pyarrow
    import pyarrow.parquet

    try:
        schema = pyarrow.parquet.read_schema(path)
        names = schema.names
        columns(names, path)
        wanted = {"split", *(name for pair in COLUMNS for name in pair)}
        table = pyarrow.parquet.read_table(path, columns=[name for name in names if name in wanted])
        rows = [(f"row {number}", row) for number, row in enumerate(table.to_pylist(), 1)]
    except CourseError:
        raise
    except (pyarrow.ArrowException, OSError) as error:
        raise CourseError(f"The file {path} is no readable Parquet file: {error}") from error
    except (ValueError, OverflowError) as error:  # a date in the year 30,000
        raise CourseError(f"The file {path} holds a value that Python cannot read: {error}. Write its columns as "
                          "texts.") from error
    return named(rows, _names_in(schema), path)


def _names_in(schema) -> list[str] | None:
    """The names of the classes, as the library datasets keeps them in a Parquet file; None where there are none."""
    try:
        kept = json.loads(schema.metadata[b"huggingface"])["info"]["features"]["label"]["names"]
    except (TypeError, KeyError, ValueError):
        return None
    return kept if isinstance(kept, list) else None


def named(rows: Given, names: list[str] | None, source: object) -> Given:
    """The rows with the names of their classes for the numbers; rows that nobody labelled, -1, are left out and told.

    CourseError for a number without a name.
    """
    if not names:
        return rows
    kept, without = [], []
    for place, row in rows:
        label = row["label"]
        if label == -1:
            without.append(place)
            continue
        if label is not None and label not in range(len(names)):  # 1.0 is in it, too
            raise CourseError(f"{source}: {place} has the label {shown(label)}, and the {len(names)} classes that it "
                              f"names have the numbers 0 to {len(names) - 1}.")
        kept.append((place, row if label is None else row | {"label": names[int(label)]}))
    if without:
        print(f"{source}: {counted(len(without), 'rows')} without a label (-1) left out, the first {without[0]}.")
    return kept


def read_hub(name: str) -> dict[str, Given]:
    """The rows of a data set on the Hub by split, with the names of its classes as labels."""
    try:
        loaded = _load_from_hub(name)
    except Exception as error:  # whatever the Hub's client raises, the same can be done about it
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise CourseError(
            f"The data set {shown(name)} could not be loaded from the Hub ({reason:.200}). Check its name and "
            f"your network. Without one, give a file of your own ({', '.join(SUFFIXES)}), or use a bundled task: "
            "load_task('reviews')."
        ) from error
    by_split = {}
    for split in (split for split in loaded if split in SPLIT_NAMES):
        rows = [(f"row {number} of {split}", row) for number, row in enumerate(loaded[split].to_list(), 1)]
        if rows := named(rows, getattr(loaded[split].features.get("label"), "names", None), name):
            by_split[split] = rows
    if not by_split:
        raise CourseError(f"The data set {name!r} has the splits {', '.join(loaded)}; train is needed.")
    if others := [split for split in loaded if split not in SPLIT_NAMES]:
        print(f"{name}: the splits {', '.join(others)} are not read; the course knows {', '.join(SPLIT_NAMES)}.")
    return by_split


def _load_from_hub(name: str):
    """The data set; from this computer's cache where the Hub does not give it."""
    import datasets
    from huggingface_hub import HfApi

    try:
        HfApi().dataset_info(name, timeout=5)  # asks once; `load_dataset` would ask six times, for half a minute
    except Exception as error:
        before, datasets.config.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE, True
        try:
            return datasets.load_dataset(name)
        except Exception:
            raise error from None  # that it is not in the cache either says less
        finally:
            datasets.config.HF_HUB_OFFLINE = before
    return datasets.load_dataset(name)
