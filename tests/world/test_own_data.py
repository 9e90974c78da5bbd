"""A file of one's own with a fault that would give a wrong number: told, or refused, with the line of the file."""
import json
import os
import subprocess
import sys
import unicodedata

import datasets
import pyarrow
import pytest
from pyarrow import parquet

from course_lib import load_task
from course_lib.errors import CourseError
from course_lib.world.task_files import read_file
from tests.hang import HANGS

HEAD = "text,label\n"
MANY = "".join(f"t{n},{('bad', 'good')[n % 2]}\n" for n in range(40))     # the lines 2 to 41
NUMBERS = "".join(f"t{n},{n % 2}\n" for n in range(40))


def load(tmp_path, content: str, name="own.csv"):
    (tmp_path / name).write_bytes(content.encode())
    return load_task(tmp_path / name)


def names(task) -> list[str]:
    return task["train"].features["label"].names


def everything(task) -> dict[str, str]:
    return {row["text"]: row["answer"] for part in task.values() for row in part}


LOOK = "Are they one class"
REFUSED = {
    "1 and 01": (HEAD + NUMBERS + "x,01\n", f"line 3 has the label '1' and line 42 the label '01'. {LOOK}"),
    "1 and 1.0": (HEAD + NUMBERS + "x,1.0\n", f"line 42 the label '1.0'. {LOOK}"),
    "1 and a wide 1": (HEAD + NUMBERS + "x,１\n", f"line 42 the label '１'. {LOOK}"),
    "a capital": (HEAD + MANY + "x,Good\n", f"line 3 has the label 'good' and line 42 the label 'Good'. {LOOK}"),
    "a sign without a width": (HEAD + MANY + "x,go\u200bod\n", f"line 42 .*{LOOK}"),
    "-1 among 0 and 1": (HEAD + NUMBERS + "x,-1\n", "line 42 has the label '-1', .*nobody labelled"),
    **{f"{word} as a label": (HEAD + MANY + f"x, {word}\n", f"line 42 has no label, only {word}")
       for word in ("null", "NULL", "N/A", "None", "NA")},
    **{f"{word} as a text": (HEAD + MANY + f"{word},good\n", f"line 42 has no text, only {word}")
       for word in ("nan", "null", "N/A")},
    "a label that pandas wrote": (HEAD + MANY + "x,nan\n", "line 42 has no label, only nan"),
    "no label": (HEAD + MANY + "x,\n", "line 42 has no label"),
    "no text": (HEAD + MANY + " ,good\n", "line 42 has no text"),
    "a label of two lines": (HEAD + MANY + 'x,"go\nod"\n', "line 42 has several lines as its label"),
    "an answer of two lines": ("prompt,answer\n" + MANY + 'x,"one\ntwo"\n', "line 42 has several lines as its answer"),
    "a column in capitals": ("text,label,Split\n" + "a,b,test\n", "has a column 'Split'. If split is meant, write it"),
    "a fault behind a text of three lines": (HEAD + '"a\nb\n\nc",good\n' + MANY + "x,\n", "line 46 has no label"),
    "a fault behind empty lines": (HEAD + "\n\n" + MANY + "x,\n", "line 44 has no label"),
    "a fault behind Windows' line ends": ((HEAD + '"a\nb",good\n' + MANY + "x,\n").replace("\n", "\r\n"),
                                          "line 44 has no label"),
    "a field too many behind a text of two lines": (HEAD + '"a\nb",good\n' + "x,y,z\n", "Line 4 .* 3 fields"),
    "a quote that is never closed": (HEAD + MANY + '"x,good\ny,bad\nz,good\n', "Line 42 .*no valid CSV"),
    "a semicolon": ("text;label\n" + MANY.replace(",", ";"), "separated by commas"),
    "a tab": ("text\tlabel\n" + MANY.replace(",", "\t"), "separated by commas"),
    "label and answer": ("text,label,prompt,answer\n" + "t,0,p,bad\n", "line 2 has the label '0' and the answer 'bad'"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_be_misread_is_refused_with_its_line(tmp_path, kind):
    content, said = REFUSED[kind]
    with pytest.raises(CourseError, match=said):
        load(tmp_path, content)


JSON = {
    "a broken line in the middle": ('{"text": "a", "label": 1}\n{"text": "b" "label"\n{}', "Line 2 .*no valid JSON"),
    "a name twice": ('{"text": "a", "label": 1, "label": 0}', "Line 1 .* has 'label' twice"),
    "nested": ('{"text": {"en": "a"}, "label": 1}', "line 1 has a list or an object as text"),
    "null": ('{"text": "a", "label": 1}\n\n{"text": "b", "label": null}', "line 3 has no label"),
    "1 and 1.0": ('{"text": "a", "label": 1}\n{"text": "b", "label": 1.0}', f"line 1 .* line 2 .* '1.0'. {LOOK}"),
    **{f"{one} and {other}": (f'{{"text": "a", "label": {one}}}\n{{"text": "b", "label": {other}}}',
                              f"line 1 has the label .*, {first}, and line 2 the label .*, {second}. Write all labels")
       for one, other, first, second in (("1", '"1"', "a number", "a text"), ("true", "1", "true or false", "a number"),
                                         ('"no"', "true", "a text", "true or false"))},
    "true and TRUE": ('{"text": "a", "label": "true"}\n{"text": "b", "label": "true "}\n{"text": "c", "label": "TRUE"}',
                   f"line 1 .* line 3 .*{LOOK}"),
}


@pytest.mark.parametrize("kind", JSON)
def test_what_would_be_misread_of_json_is_refused_with_its_line(tmp_path, kind):
    content, said = JSON[kind]
    with pytest.raises(CourseError, match=said):
        load(tmp_path, content, "own.jsonl")


def test_bytes_that_are_no_utf8_are_told_with_their_line(tmp_path):
    (tmp_path / "own.csv").write_bytes(HEAD.encode() + b"fine,good\ncaf\xe9,bad\n")
    with pytest.raises(CourseError, match="not UTF-8: byte 24 .*in line 3, is 0xe9"):
        load_task(tmp_path / "own.csv")


@pytest.mark.parametrize("content", [
    HEAD + MANY, "\ufeff" + HEAD + MANY, (HEAD + MANY).replace("\n", "\r\n"), HEAD + MANY.replace("\n", "\n\n"),
    "more,label,text\n" + "".join(f'"{line.split(",")[0]}, too",{line.split(",")[1]} ,{line.split(",")[0]}\n'
                                  for line in MANY.splitlines())])
def test_ways_to_write_the_same_file(tmp_path, content):
    assert everything(load(tmp_path, content)) == dict(line.split(",") for line in MANY.splitlines())


def test_labels_that_only_look_like_numbers_of_a_list_are_kept(tmp_path):
    """Two classes called -1 and 1 are two classes; capitals of different words are no fault."""
    assert names(load(tmp_path, HEAD + NUMBERS.replace(",0", ",-1"))) == ["-1", "1"]
    assert names(load(tmp_path, HEAD + MANY.replace("bad", "Very bad"))) == ["Very bad", "good"]
    assert names(load(tmp_path, HEAD + MANY.replace("bad", " so  so ", 5).replace("bad", "so so"))) == ["good", "so so"]


def test_one_text_with_two_labels_is_told_with_its_lines(tmp_path, capsys):
    task = load(tmp_path, HEAD + MANY + "t1,bad\nt3,good\n t5 ,bad\n")
    said = capsys.readouterr().out
    assert "1 row left out, whose text another row has" in said
    assert "2 rows with the text of another row and another label (line 3 'good', line 43 'bad'" not in said
    assert "(line 3 'good', line 42 'bad'; line 7 'good', line 44 'bad'). The first of each counts" in said
    assert len(everything(task)) == 40 and everything(task)["t1"] == "good"


def test_the_two_forms_of_an_accent_are_one_label_and_one_text(tmp_path, capsys):
    rows = "".join(f"un café {n},{('thé', unicodedata.normalize('NFD', 'thé'), 'eau')[n % 3]}\n" for n in range(60))
    task = load(tmp_path, HEAD + rows + unicodedata.normalize("NFD", "un café 2") + ",eau\n")
    assert names(task) == ["eau", "thé"] and len(everything(task)) == 60
    assert "1 row left out, whose text another row has" in capsys.readouterr().out


def test_a_text_with_other_spaces_is_the_same_text_and_comes_into_one_split(tmp_path, capsys):
    rows = [{"text": f"The  film was\u00a0number {n}", "label": n % 2, "split": "train"} for n in range(40)]
    rows += [{"text": f"The film was number {n}", "label": n % 2, "split": "test"} for n in range(10)]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    task = load_task(tmp_path / "own.jsonl")
    assert "10 rows left out, whose text another row has" in capsys.readouterr().out
    assert len(task["test"]) == 10 and len(task["train"]) + len(task["validation"]) == 30


def test_a_line_without_a_split_among_others_that_have_one(tmp_path):
    rows = [{"text": f"t{n}", "label": n % 2} | ({"split": "test"} if n > 30 else {}) for n in range(40)]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(CourseError, match="line 1 has the split None; allowed are train"):
        load_task(tmp_path / "own.jsonl")


def write_parquet(path, labels, feature=None, **more):
    columns = {"text": [f"t{n}" for n in range(len(labels))], "label": labels, **more}
    features = feature and datasets.Features({"text": datasets.Value("string"), "label": feature})
    datasets.Dataset.from_dict(columns, features=features).to_parquet(path)
    return path


def test_the_names_of_classes_in_a_parquet_file_are_read(tmp_path, capsys):
    feature = datasets.ClassLabel(names=["sad", "glad"])
    task = load_task(write_parquet(tmp_path / "own.parquet", [0, 1] * 20 + [-1, -1], feature))
    assert names(task) == ["glad", "sad"] and everything(task)["t0"] == "sad" and len(everything(task)) == 40
    assert "2 rows without a label (-1) left out, the first row 41" in capsys.readouterr().out
    with pytest.raises(CourseError, match="row 2 has no label"):
        load_task(write_parquet(tmp_path / "none.parquet", [0, None] * 20, feature))
    table = parquet.read_table(tmp_path / "own.parquet")
    more = pyarrow.table({"text": ["a", "b"], "label": [0, 2]}, metadata=table.schema.metadata)
    parquet.write_table(more.replace_schema_metadata(table.schema.metadata), tmp_path / "more.parquet")
    with pytest.raises(CourseError, match="row 2 has the label 2, and the 2 classes that it names have .* 0 to 1"):
        load_task(tmp_path / "more.parquet")
    floats = pyarrow.table({"text": table["text"][:40], "label": [0.0, 1.0] * 20})
    parquet.write_table(floats.replace_schema_metadata(table.schema.metadata), tmp_path / "floats.parquet")
    assert everything(load_task(tmp_path / "floats.parquet")) == everything(task)


def test_a_task_of_the_course_comes_back_from_parquet(tmp_path):
    rows = load_task("natural")["train"]
    rows.to_parquet(tmp_path / "own.parquet")
    assert everything(load_task(tmp_path / "own.parquet")) == dict(zip(rows["text"], rows["answer"]))
    rows.to_csv(tmp_path / "own.csv")
    with pytest.raises(CourseError, match="line 2 has the label .* with to_parquet, not with to_csv"):
        load_task(tmp_path / "own.csv")


def test_other_columns_of_parquet(tmp_path):
    """A dictionary (pandas: categorical) holds its values; bytes are no text."""
    texts, words = [f"t{n}" for n in range(40)], pyarrow.array(["bad", "good"] * 20)
    parquet.write_table(pyarrow.table({"text": texts, "label": words.dictionary_encode()}), tmp_path / "a.parquet")
    assert names(load_task(tmp_path / "a.parquet")) == ["bad", "good"]
    parquet.write_table(pyarrow.table({"text": [b"t"] * 40, "label": words}), tmp_path / "b.parquet")
    with pytest.raises(CourseError, match="row 1 has bytes as text"):
        load_task(tmp_path / "b.parquet")
    parquet.write_table(pyarrow.table({"text": texts, "label": [float("nan")] * 40}), tmp_path / "c.parquet")
    with pytest.raises(CourseError, match="row 1 has no label"):
        load_task(tmp_path / "c.parquet")


def test_rows_know_their_lines(tmp_path):
    (tmp_path / "own.csv").write_text('text,label\n"a\nb",x\n\nc,y\n')
    assert read_file(tmp_path / "own.csv") == {"train": [("line 2", {"text": "a\nb", "label": "x"}),
                                                         ("line 5", {"text": "c", "label": "y"})]}
    (tmp_path / "own.jsonl").write_text('\n{"text": "a"}\n\n{"text": "b"}\n')
    assert read_file(tmp_path / "own.jsonl") == {"train": [("line 2", {"text": "a"}), ("line 4", {"text": "b"})]}


def test_classes_have_one_order_whatever_the_hash_seed(tmp_path):
    labels = ["b", "Ä", "10", "a", "9", "ä b", "-1.5", "Z"]
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "".join(f"t{n},{labels[n % len(labels)]}\n" for n in range(80)), encoding="utf-8")
    code = ("import sys\nfrom course_lib import load_task\ntask = load_task(sys.argv[1])\n"
            "import json; print(json.dumps([task['train'].features['label'].names, task['test']['text'][:]]))")
    found = [subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=HANGS,
                            env={**os.environ, "PYTHONHASHSEED": seed}).stdout.splitlines()[-1]
             for seed in ("1", "2")]
    assert found[0] == found[1] and json.loads(found[0])[0] == sorted(labels)
