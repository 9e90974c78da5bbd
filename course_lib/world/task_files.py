"""Rows from outside: a CSV, JSONL or Parquet file of your own, or a data set on the Hugging Face Hub."""
import csv
import io
import json
import os
from pathlib import Path

from course_lib.errors import CourseError, shown
from course_lib.world.task_splits import SPLIT_NAMES, columns

SUFFIXES = (".csv", ".jsonl", ".parquet")


def read_file(path: Path) -> dict[str, list[dict]]:
    """The rows of a file by the value of its `split` column (all in "train" where it has none).

    Raises CourseError for a file that is not there, cannot be read, or is not what its suffix says.
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
    by_split: dict[str, list[dict]] = {}
    for number, row in enumerate(rows, 1):
        split = row.get("split", "train")
        if split not in SPLIT_NAMES:
            allowed = ", ".join(SPLIT_NAMES)
            raise CourseError(f"Row {number} of {path} has the split {shown(split)}; allowed are {allowed}.")
        by_split.setdefault(split, []).append(row)
    return by_split


def _text_of(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise CourseError(
            f"The file {path} is not UTF-8: byte {error.start} (from 0) is 0x{data[error.start]:02x}. "
            "Save it again as UTF-8, or convert it; if it is Latin-1: "
            f"iconv -f latin1 -t utf-8 '{path.name}' > 'utf8-{path.name}'."
        ) from error


def _read_csv(path: Path) -> list[dict]:
    reader = csv.DictReader(io.StringIO(_text_of(path), newline=""), strict=True)
    rows = []
    try:
        columns(reader.fieldnames or (), path)
        for row in reader:
            if None in row or None in row.values():
                raise CourseError(
                    f"Line {reader.line_num} of {path} does not have {len(reader.fieldnames)} fields, as the "
                    "header has. A text with a comma in it must stand in double quotes."
                )
            rows.append(row)
    except csv.Error as error:
        raise CourseError(f"Line {reader.line_num} of {path} is no valid CSV: {error}.") from error
    return rows


def _read_jsonl(path: Path) -> list[dict]:
    rows = []
    for number, line in enumerate(_text_of(path).split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise CourseError(f"Line {number} of {path} is no valid JSON: {error}.") from error
            except (ValueError, RecursionError) as error:
                raise CourseError(f"Line {number} of {path} holds a number with too many digits, or brackets in "
                                  "brackets too deeply. Only text and label, or prompt and answer, are needed: "
                                  "write them as texts, in quotes.") from error
            if not isinstance(row, dict):
                raise CourseError(f'Line {number} of {path} must be like {{"text": ..., "label": ...}}.')
            rows.append(row)
    return rows


def _read_parquet(path: Path) -> list[dict]:
    import pyarrow
    import pyarrow.parquet

    try:
        names = pyarrow.parquet.read_schema(path).names
        wanted = [*columns(names, path), *({"split"} & set(names))]
        return pyarrow.parquet.read_table(path, columns=wanted).to_pylist()
    except CourseError:
        raise
    except (pyarrow.ArrowException, OSError) as error:
        raise CourseError(f"The file {path} is no readable Parquet file: {error}") from error
    except (ValueError, OverflowError) as error:  # a date in the year 30,000
        raise CourseError(f"The file {path} holds a value that Python cannot read: {error}. Write its columns as "
                          "texts.") from error


def read_hub(name: str) -> dict[str, list[dict]]:
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
    for split, part in loaded.items():
        names = getattr(part.features.get("label"), "names", None)
        rows = part.to_list()
        if names:
            rows = [row | {"label": names[row["label"]]} for row in rows if row["label"] >= 0]
        if rows and split in SPLIT_NAMES:
            by_split[split] = rows
    if not by_split:
        raise CourseError(f"The data set {name!r} has the splits {', '.join(loaded)}; train is needed.")
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
