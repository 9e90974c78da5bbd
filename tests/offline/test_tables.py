"""Rows go from file to file in their order, with all that they hold: texts stay texts, numbers what they are."""
import csv
import datetime
import json

import pyarrow
import pytest
from pyarrow import parquet

from course_lib.errors import CourseError
from course_lib.offline.tables.opening import is_alive, kind_of, part_beside, source_of, target_at
from course_lib.world import load_task

TEXTS = ["plain", "with, a comma", 'a "mark"', "two\nlines", "a\rreturn", "日本語 \U0001f34e", " spaces ", "007", "NA",
         "\u2028 a line of its own", "1e5", "-"]


def through(path, out, column="prompt", new="answer"):
    """The rows of `path`, each with its place as the answer, written to `out`."""
    source = source_of(path, column, new)
    rows = list(source.rows())
    target = target_at(out, kind_of(out), source, new)
    for start in range(0, len(rows), 5):
        some = rows[start:start + 5]
        target.write(some, [f"{row.prompt}!" for row in some])
    target.close()
    return rows


@pytest.fixture
def files(tmp_path):
    """The same texts in a file of each kind: id, prompt, note."""
    lines = [{"id": f"00{number}", "prompt": text, "note": text[::-1]} for number, text in enumerate(TEXTS)]
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
                                       encoding="utf-8", newline="\n")
    parquet.write_table(pyarrow.Table.from_pylist(lines), tmp_path / "in.parquet")
    return tmp_path


def rows_in(path) -> list[dict]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return parquet.read_table(path).to_pylist()


@pytest.mark.parametrize("end", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("begin", ["csv", "jsonl", "parquet"])
def test_texts_go_through_every_pair_of_kinds(begin, end, files):
    rows = through(files / f"in.{begin}", files / f"out.{end}")
    assert [row.prompt for row in rows] == TEXTS and not any(row.problem for row in rows)
    assert rows_in(files / f"out.{end}") == [
        {"id": f"00{number}", "prompt": text, "note": text[::-1], "answer": f"{text}!"}
        for number, text in enumerate(TEXTS)]


def test_a_row_is_named_by_the_line_in_which_it_begins(files):
    assert [row.place for row in source_of(files / "in.csv", "prompt", "answer").rows()][2:6] == [
        "line 4", "line 5", "line 8", "line 11"]                # each field with a break has two lines: prompt and note
    assert [row.place for row in source_of(files / "in.jsonl", "prompt", "answer").rows()][-1] == "line 12"
    assert [row.place for row in source_of(files / "in.parquet", "prompt", "answer").rows()][0] == "row 1"


def test_a_line_of_json_keeps_its_own_text(tmp_path):
    lines = ['{"prompt":"a","n":1.10,"big":123456789012345678901234567890,"deep":{"x":[1e5,null]}}',
             '{ "prompt" : "b\\u00e9", "x": true }  ', '{"prompt": "c", "n": 1E400}']
    (tmp_path / "in.jsonl").write_text("\n\n".join(lines) + "\r\n", encoding="utf-8")
    through(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines() == [
        f'{line.strip()[:-1]}, "answer": "{name}!"}}' for line, name in zip(lines, ("a", "bé", "c"))]
    through(tmp_path / "in.jsonl", tmp_path / "out.csv")
    assert rows_in(tmp_path / "out.csv") == [
        {"prompt": "a", "n": "1.10", "big": "123456789012345678901234567890", "deep": '{"x": [100000.0, null]}',
         "x": "", "answer": "a!"}, {"prompt": "bé", "n": "", "big": "", "deep": "", "x": "true", "answer": "bé!"},
        {"prompt": "c", "n": "1E400", "big": "", "deep": "", "x": "", "answer": "c!"}]


def test_the_columns_of_parquet_keep_their_types(tmp_path):
    table = pyarrow.table({
        "prompt": pyarrow.array(["a", "b", None], pyarrow.large_string()),
        "kind": pyarrow.array(["x", None, "x"]).dictionary_encode(),
        "when": pyarrow.array([datetime.datetime(2020, 1, 2), None, None], pyarrow.timestamp("ms", "UTC")),
        "small": pyarrow.array([1, None, 3], pyarrow.int8()), "half": pyarrow.array([.5, None, 2], pyarrow.float32()),
        "list": [[1, 2], [], None], "deep": [{"a": [1]}, None, {"a": None}], "bytes": [b"\xff", b"", None]},
        metadata={b"mine": b"kept"})
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=2)
    rows = through(tmp_path / "in.parquet", tmp_path / "out.parquet")
    found = parquet.read_table(tmp_path / "out.parquet")
    assert found.drop_columns("answer").equals(table) and found.schema.metadata[b"mine"] == b"kept"
    assert found["answer"].to_pylist() == ["a!", "b!", "None!"] and rows[2].prompt is None
    for end in ("csv", "jsonl"):
        with pytest.raises(CourseError, match=r"(row 1: the column 'when' holds|row 1 holds a value).*\.parquet"):
            through(tmp_path / "in.parquet", tmp_path / f"out.{end}")


def test_classes_of_a_data_set_are_still_classes(tmp_path):
    import datasets

    rows = load_task("spam")["test"].select(range(7)).remove_columns("answer")
    rows.to_parquet(tmp_path / "in.parquet")
    through(tmp_path / "in.parquet", tmp_path / "out.parquet")
    found = datasets.Dataset.from_parquet(str(tmp_path / "out.parquet"), cache_dir=str(tmp_path / "cache"))
    assert found.features["label"].names == ["ham", "spam"] and found["label"][:] == rows["label"][:]
    assert found["answer"][0] == f"{rows['prompt'][0]}!"


def test_the_types_of_parquet_follow_from_what_json_holds(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"prompt": "a", "id": "007", "n": 1, "x": 1, "yes": true, "none": null}\n'
                                       '{"prompt": "b", "id": "1", "n": null, "x": 1.5}\n', encoding="utf-8")
    through(tmp_path / "in.jsonl", tmp_path / "out.parquet")
    found = parquet.read_table(tmp_path / "out.parquet")
    assert " ".join(map(str, found.schema.types)) == "string string int64 double bool string string"
    assert found["id"].to_pylist() == ["007", "1"] and found["x"].to_pylist() == [1, 1.5]
    for odd in ('{"prompt": "a", "id": 7}\n{"prompt": "a", "id": "7"}', '{"prompt": "a", "id": [1]}',
                '{"prompt": "a", "id": 99999999999999999999}'):
        (tmp_path / "odd.jsonl").write_text(odd, encoding="utf-8")
        with pytest.raises(CourseError, match=r"column 'id' .* ends in \.jsonl"):
            through(tmp_path / "odd.jsonl", tmp_path / "odd.parquet")


@pytest.mark.parametrize("line, problem", [
    ('{"prompt": "a"', "no valid JSON: Expecting ',' delimiter, at letter 15"), ("[1]", r"is \[1\], and no object"),
    ('{"text": "a"}', "has no column 'prompt'"), ('{"prompt": "a", "prompt": "b"}', "a name stands in it twice"),
    ('{"prompt": "a", "n": NaN}', "NaN is no number"),
    ('{"prompt": "a", "n": "\\ud800"}', "'n' holds half of a character"),
    ('{"prompt": "a", "n": ' + "[" * 5000 + "]" * 5000 + "}", "no JSON that can be read"),
    ('{"prompt": "a", "n": ' + "9" * 5000 + "}", "no JSON that can be read")], ids=range(8))
@pytest.mark.parametrize("end", ["jsonl", "csv", "parquet"])
def test_a_broken_line_of_json_has_its_place(line, problem, end, tmp_path):
    import re

    (tmp_path / "in.jsonl").write_text(f'{{"prompt": "first"}}\n{line}\n{{"prompt": "last"}}\n', encoding="utf-8")
    rows = through(tmp_path / "in.jsonl", tmp_path / f"out.{end}")
    assert [bool(row.problem) for row in rows] == [False, True, False] and re.search(problem, rows[1].problem)
    found = rows_in(tmp_path / f"out.{end}")
    assert [row.get("prompt") for row in found][::2] == ["first", "last"] and len(found) == 3
    assert found[0]["answer"] == "first!" and rows[1].place == "line 2"


def test_csv_that_is_odd_but_valid(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes('\ufeffid,prompt\r\n007,a\r\n\r\n8\r\n9,b,c\r\n10,"x\r\ny"'.encode())
    rows = list(source_of(path, "prompt", "answer").rows())
    assert [(row.place, row.prompt) for row in rows] == [("line 2", "a"), ("line 4", None), ("line 5", "b"),
                                                         ("line 6", "x\r\ny")]
    assert [row.problem for row in rows[1:3]] == ["the line has 1 field, and the header 2",
                                                  "the line has 3 fields, and the header 2"]
    path.write_bytes(b"prompt,x\ra,1\rb\rc,2\r")                    # as an old Mac ends lines
    assert [(row.place, row.prompt, bool(row.problem)) for row in source_of(path, "prompt", "answer").rows()] == [
        ("line 2", "a", False), ("line 3", "b", True), ("line 4", "c", False)]
    path.write_text("prompt\na\n\nb\n", encoding="utf-8")
    assert [row.prompt for row in source_of(path, "prompt", "answer").rows()] == ["a", "", "b"]
    path.write_text("prompt\n" + "x" * 200_000, encoding="utf-8")     # longer than the library's own limit
    assert len(next(source_of(path, "prompt", "answer").rows()).prompt) == 200_000
    assert csv.field_size_limit() == 131_072                          # which holds for all of Python: it is as it was


@pytest.mark.parametrize("name, data, words", [
    ("a.csv", b"prompt\n\"a\"b\n", "Line 2 of .* begins what is no valid CSV"),
    ("a.csv", b"prompt\n\"a\n", "Line 2 of .* begins what is no valid CSV"),
    ("a.csv", b"prompt\ncaf\xe9\n", "not UTF-8: line 2 holds the byte 0xe9"),
    ("a.jsonl", '{"prompt": "a"}'.encode("utf-16"), "not UTF-8: line 1"), ("a.csv", b"", "it is empty"),
    ("a.csv", b"prompt,prompt\n", "'prompt' stands there twice"), ("a.csv", b"prompt\n", "has no rows"),
    ("a.csv", b"text\na\n", "no column 'prompt'; its columns are text. .* --column"),
    ("a.jsonl", b'{"text": "a"}\n', "no column 'prompt'; its columns are text"),
    ("a.csv", b"prompt,answer\na,b\n", "has a column 'answer' already.* --answer NAME"),
    ("a.jsonl", b'{"prompt": "a"}\n{"prompt": "a", "answer": 1}\n', "has a column 'answer' already"),
    ("a.txt", b"a", r"ends in '.txt', and the course knows .csv, .jsonl, .parquet"),
    ("a.jsonl", b"\n \n", "has no rows"), ("a.jsonl", b"", "has no rows"),
    ("a.jsonl", b'[{"prompt": "a"}]\n', "No line of .* is an object of JSON.* line 1: the line is .* and no object"),
    ("a.jsonl", b'{\n"prompt": "a"\n}\n', "No line of .* is an object of JSON.* line 1: the line is no valid JSON"),
    ("a.csv", b"prompt\npe\0ar\n", "line 2 holds a byte of 0"),
    ("a.csv", "prompt\na\n".encode("utf-16"), "iconv -f utf-16 -t utf-8"),
    ("a.parquet", b"PAR1 no", "no readable Parquet file")])
def test_a_file_that_cannot_be_used_is_named(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CourseError, match=words):
        source_of(tmp_path / name, "prompt", "answer")


def test_more_files_that_cannot_be_used(tmp_path):
    with pytest.raises(CourseError, match="none.csv does not exist"):
        source_of(tmp_path / "none.csv", "prompt", "answer")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(CourseError, match="folder.csv is no file"):
        source_of(tmp_path / "folder.csv", "prompt", "answer")
    parquet.write_table(pyarrow.table({"prompt": [1, 2]}), tmp_path / "a.parquet")
    with pytest.raises(CourseError, match="'prompt' .* holds int64, and a prompt is a text"):
        source_of(tmp_path / "a.parquet", "prompt", "answer")


def test_what_killed_runs_left_is_removed_and_what_runs_is_not(tmp_path):
    out = tmp_path / "out[1].csv"
    with part_beside(out) as mine:
        begin = mine.name.rpartition(".part")[0].rpartition(".")[0]
        names = (f"{begin}.4194999.part", f"{begin}.1.part", ".out[1].csv.x.part")
        dead, alive, other = (tmp_path / name for name in names)
    assert not is_alive("4194999") and is_alive("1") and is_alive("9" * 40)
    for path in (dead, alive, other):
        path.write_text("x")
    with part_beside(out) as part:
        assert not dead.exists() and alive.exists() and other.exists()
        part.write_text("y")
    assert not part.exists()
