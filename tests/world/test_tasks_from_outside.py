"""load_task with files and data sets from outside: what becomes of them, and every kind of bad input."""
import json
import sys

import datasets
import pyarrow
import pytest
from pyarrow import parquet

from course_lib import load_task
from course_lib.errors import CourseError
from course_lib.world import task_files

ROWS = [(f"The {word} was number {number}.", ("bad", "good")[number % 2]) for number in range(20)
        for word in ("soup", "film")]


def write_csv(path, rows=ROWS, header="text,label"):
    path.write_text("\n".join([header, *(",".join(f'"{field}"' for field in row) for row in rows)]) + "\n")
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_file_with_text_and_label_becomes_a_task(tmp_path, capsys, suffix):
    path = tmp_path / f"mine{suffix}"
    if suffix == ".csv":
        write_csv(path)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS))
    else:
        texts, labels = zip(*ROWS, strict=True)
        datasets.Dataset.from_dict({"text": texts, "label": labels}).to_parquet(path)
    task = load_task(path)
    assert {split: len(part) for split, part in task.items()} == {"train": 28, "validation": 4, "test": 8}
    assert task["train"].features["label"].names == ["bad", "good"]
    assert task["train"]["label"][:10].count(0) == 5
    assert task["test"][0]["prompt"] == task["test"][0]["text"] + "\nlabel:"
    assert sorted(text for part in task.values() for text in part["text"]) == sorted(text for text, _ in ROWS)
    said = capsys.readouterr().out
    assert "validation and test" in said and "seed 0" in said and "train 28" in said
    assert load_task(str(path))["test"].to_list() == task["test"].to_list()
    assert load_task(path, seed=5)["test"].to_list() != task["test"].to_list()


def test_a_file_with_prompt_and_answer_is_generative(tmp_path):
    path = write_csv(tmp_path / "q.csv", [(f"What is {n} and 1?", n + 1) for n in range(30)], "prompt,answer")
    task = load_task(path)
    assert task["train"].column_names == ["text", "prompt", "answer"]
    assert all(row["text"] == row["prompt"] for row in task["train"])


def test_a_split_column_is_kept_and_only_what_is_missing_is_drawn(tmp_path, capsys):
    rows = [(*row, "test" if number < 10 else "train") for number, row in enumerate(ROWS)]
    task = load_task(write_csv(tmp_path / "s.csv", rows, "text,label,split"))
    assert set(task["test"]["text"]) == {text for text, _ in ROWS[:10]}
    assert len(task["validation"]) == 3 and "rows for validation:" in capsys.readouterr().out


def test_a_text_in_two_splits_stays_in_the_test_only(tmp_path, capsys):
    rows = [(*row, "train") for row in ROWS] + [(*row, "test") for row in ROWS[:6]]
    rows += [(f"Another {n}.", ("bad", "good")[n % 2], "validation") for n in range(4)]
    task = load_task(write_csv(tmp_path / "s.csv", rows, "text,label,split"))
    assert len(task["train"]) == 34 and not set(task["train"]["text"]) & set(task["test"]["text"])
    assert "6 rows left out, whose text another row has" in capsys.readouterr().out


def test_numbers_as_labels_are_sorted_as_numbers_and_a_byte_order_mark_is_no_harm(tmp_path):
    path = tmp_path / "n.csv"
    body = "".join(f'"Text, number {n}",{(n % 3 + 1) * 5}\n' for n in range(30))
    path.write_bytes(b"\xef\xbb\xbf" + ("text,label\n" + body).encode())
    assert load_task(path)["train"].features["label"].names == ["5", "10", "15"]


MANY = b"".join(b"t%d,good\n" % n for n in range(30))
BAD_FILES = {
    "nothing.csv": (b"", "is empty"),
    "header.csv": (b"text,label\n", "has no rows"),
    "columns.csv": (b"review,sentiment\nfine,1\n", "'review', 'sentiment'"),
    "semicolon.csv": (b"text;label\nfine;1\n", "separated by commas"),
    "latin.csv": ("text,label\ncaf\u00e9,1\n".encode("latin-1"), "byte 14 .* 0xe9.*iconv"),
    "utf16.csv": ("text,label\nfine,1\n".encode("utf-16"), "not UTF-8: .*as UTF-16 does.*iconv -f utf-16"),
    "utf16le.csv": ("text,label\nfine,1\n".encode("utf-16-le"), "not UTF-8: .*as UTF-16 does"),
    "utf16be.jsonl": ('{"text": "a", "label": 1}'.encode("utf-16-be"), "not UTF-8: .*as UTF-16 does"),
    "fields.csv": (b"text,label\nfine, they said,1\n", "Line 2 .*double quotes"),
    "short.csv": (b"text,label\nfine\n", "Line 2 .*2 fields"),
    "quote.csv": (b'text,label\n"fine,1\n', "no valid CSV"),
    "hole.csv": (b"text,label\nfine,1\n,0\n", "line 3 has no text"),
    "unlabelled.csv": (b"text,label\nfine,\n", "line 2 has no label"),
    "one.csv": (b"text,label\n" + MANY, "one label only, 'good'"),
    "few.csv": (b"text,label\na,1\nb,0\nc,1\n", "3 different rows .*at least 20"),
    "rare.csv": (b"text,label\n" + MANY + b"x,bad\n", "1 rows .*'bad'"),
    "split.csv": (b"text,label,split\na,1,dev\n", "split 'dev'; allowed are train"),
    "notrain.csv": (b"text,label,split\na,1,test\n", "train needs some too"),
    "broken.jsonl": (b'{"text": "a", "label": 1}\n{"text": \n', "Line 2 .*no valid JSON"),
    "list.jsonl": (b'["a", 1]\n', "Line 1 .*must be like"),
    "blank.jsonl": (b"\n\n", "has no rows"),
    "noise.parquet": (b"this is no parquet", "no readable Parquet"),
    "table.xlsx": (b"PK", "ends in '.xlsx'"),
    "twice.csv": (b"text,label,text\n" + MANY, "'text' as the name of more than one column"),
    "twice-other.csv": (b"text,label,when,when\n" + MANY, "'when' as the name of more than one column"),
    "newlines.csv": (b"\n\n", "it has: none"),
    "digits.csv": (b"text,label\n" + b"".join(b"t%d,%s%d\n" % (n, b"7" * 5000, n % 2) for n in range(30)),
                   "label of 5,001 characters.*call the columns prompt and answer"),
    "long.csv": (b"text,label\na," + b"l" * 201 + b"\n", "label of 201 characters"),
    "field.csv": (b"text,label\n" + b"a" * 200_000 + b",1\n", "no valid CSV"),
    "deep.jsonl": (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b', "label": 1}\n', "Line 1 .*too deeply"),
    "number.jsonl": (b'{"text": "a", "label": ' + b"7" * 5000 + b"}\n", "Line 1 .*too many digits"),
    "half.jsonl": (b'{"text": "a\\ud800", "label": 1}\n', "line 1 has only half of a character"),
    "half-label.jsonl": (b'{"text": "a", "label": "\\udfff"}\n', r"half of a character in its label, '\\udfff'"),
    "nan.jsonl": (b'{"text": "a", "label": NaN}\n', "line 1 has no label"),
    "list-in-text.jsonl": (b'{"text": ["a", "b"], "label": 1}\n', "a list or an object as text"),
    "odd-split.jsonl": (b'{"text": "a", "label": 1, "split": ["train"]}\n', r"split \['train'\]; allowed are"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_refused_with_a_reason(tmp_path, name):
    content, message = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CourseError, match=message):
        load_task(tmp_path / name)


def test_parquet_files_that_cannot_be_read(tmp_path):
    texts, late = [f"t{n}" for n in range(30)], pyarrow.array([10**18] * 30, pyarrow.timestamp("us"))
    for columns, message in (({"text": texts, "label": late}, "a value that Python cannot read.*as texts"),
                             ({"words": texts, "label": texts}, "needs the columns text and label")):
        parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
        with pytest.raises(CourseError, match=message):
            load_task(tmp_path / "a.parquet")
    twice = pyarrow.Table.from_arrays([pyarrow.array(texts)] * 3, names=["text", "label", "text"])
    parquet.write_table(twice, tmp_path / "b.parquet")
    with pytest.raises(CourseError, match="'text' as the name of more than one column"):
        load_task(tmp_path / "b.parquet")
    table = pyarrow.table({"text": texts, "label": ["a", "b"] * 15, "when": late})
    parquet.write_table(table, tmp_path / "c.parquet")
    assert len(load_task(tmp_path / "c.parquet")["train"]) == 20     # a column that is not needed is not read


def test_columns_without_a_name_are_no_fault(tmp_path):
    rows = [(*row, "", "") for row in ROWS]     # as a spreadsheet leaves them behind
    assert len(load_task(write_csv(tmp_path / "a.csv", rows, "text,label,,"))["train"]) == 28


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "data.csv").mkdir()
    with pytest.raises(CourseError, match="is a folder"):
        load_task(tmp_path / "data.csv")


def test_reading_a_file_needs_no_hub(tmp_path, monkeypatch):
    monkeypatch.setattr(task_files, "read_hub", lambda name: sys.exit("asked the Hub"))
    assert len(load_task(write_csv(tmp_path / "a.csv"))["train"]) == 28
