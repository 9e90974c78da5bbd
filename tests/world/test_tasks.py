"""load_task: the contract of the bundled tasks, files and data sets from outside, every kind of bad input."""
import json
import re
import sys

import datasets
import pytest

from course_lib import load_task
from course_lib.errors import CourseError
from course_lib.world import facts, task_files
from course_lib.world.grammar import table
from course_lib.world.task_rows import question_keys
from course_lib.world.tasks import SIZES, TEMPLATES, _bundled

CLASSES = {
    "reviews": ["negative", "positive"],
    "spam": ["ham", "spam"],
    "stars": ["1", "2", "3", "4", "5"],
    "natural": ["negative", "positive"],
}
ROWS = [(f"The {word} was number {number}.", ("bad", "good")[number % 2]) for number in range(20)
        for word in ("soup", "film")]


def sentences(text):
    return re.split(r"(?<=[.!?])\s+", text)


def write_csv(path, rows=ROWS, header="text,label"):
    path.write_text("\n".join([header, *(",".join(f'"{field}"' for field in row) for row in rows)]) + "\n")
    return path


@pytest.mark.parametrize("name", SIZES)
def test_sizes_columns_and_templates(name):
    task = load_task(name)
    assert isinstance(task, datasets.DatasetDict)
    assert {split: len(part) for split, part in task.items()} == SIZES[name]
    for part in task.values():
        assert part.column_names == ["text", "prompt", "answer"] + ["label"] * (name in CLASSES)
        assert part["prompt"][:50] == [TEMPLATES[name].apply(text) for text in part["text"][:50]]
        assert all(answer and answer == answer.strip() for answer in part["answer"])
        assert all(prompt.endswith(":") for prompt in part["prompt"])


@pytest.mark.parametrize("name", CLASSES)
def test_labels_are_the_answer_words_and_every_beginning_is_balanced(name):
    for part in load_task(name).values():
        feature = part.features["label"]
        assert isinstance(feature, datasets.ClassLabel) and feature.names == CLASSES[name]
        assert part["answer"] == [feature.names[label] for label in part["label"]]
        count, labels = len(CLASSES[name]), part["label"][:]
        for size in (count, 2 * count, 10 * count, len(part)):
            assert all(labels[:size].count(label) == size // count for label in range(count)), size


@pytest.mark.parametrize("name", SIZES)
def test_no_text_comes_twice(name):
    texts = [text for part in load_task(name).values() for text in part["text"]]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", ["reviews", "spam", "stars", "summaries"])
def test_train_shares_no_sentence_with_validation_and_test(name):
    task = load_task(name)
    found = {split: {s for text in part["text"] for s in sentences(text)} for split, part in task.items()}
    assert not found["train"] & (found["validation"] | found["test"] | found.get("shifted", set()))
    assert not found["validation"] & (found["test"] | found.get("shifted", set()))


def test_the_shifted_reviews_are_of_another_domain():
    task = load_task("reviews")
    gadgets = re.compile(r"\b(battery|screen|charger|keyboard|manual|button|device)")
    shares = {}
    for split, part in task.items():
        shares[split] = sum(bool(gadgets.search(text)) for text in part["text"]) / len(part)
    assert shares["shifted"] > 0.3 > 0.05 > shares["test"]


def test_no_review_and_no_message_gives_its_answer_away():
    for name in ("reviews", "spam", "stars"):
        words = re.compile(r"\b(spam|ham|positive|negative|label|stars)\b", re.IGNORECASE)
        assert not [text for part in load_task(name).values() for text in part["text"] if words.search(text)]


@pytest.mark.parametrize("name", ["spam", "facts", "natural"])
def test_the_same_seed_gives_the_same_rows_and_another_seed_others(name):
    first = load_task(name, seed=3)["train"].to_list()
    _bundled.cache_clear()
    assert load_task(name, seed=3)["train"].to_list() == first != load_task(name, seed=4)["train"].to_list()


def test_changing_a_loaded_task_does_not_change_the_next_one():
    task = load_task("facts")
    del task["test"]
    assert "test" in load_task("facts")


def test_the_questions_are_true_and_worded_unlike_the_pretraining_text():
    known = {value for relation in facts.relations().values() for value in relation.values()}
    assert all(answer in known for answer in load_task("facts")["train"]["answer"])
    wordings = [row["text"] for row in table("task_questions")]
    assert len(set(wordings)) == len(wordings) == 4 * len(facts.relations())
    assert {row["relation"] for row in table("task_questions")} == set(facts.relations())
    assert not set(wordings) & {row["text"].split("?")[0] + "?" for row in table("fact_sentences")}
    asked = {row["text"]: row["answer"] for part in load_task("facts").values() for row in part}
    assert asked.get("Name the capital city of France.", "Paris") == "Paris"
    assert asked.get("Name the antonym of hot.", "cold") == "cold"


def test_no_key_of_a_relation_is_asked_for_in_two_splits():
    task, keys = load_task("facts"), question_keys()
    assert set(keys) == {(name, key) for name, relation in facts.relations().items() for key in relation}
    for name in ("country_capital", "fruit_family"):
        for split in task:
            others = [key for (relation, key), owner in keys.items() if relation == name and owner != split]
            pattern = re.compile(r"(the|of|an?) (" + "|".join(map(re.escape, others)) + r") (belong|sit)")
            assert not [text for text in task[split]["text"] if pattern.search(text)]


def test_natural_sentences_are_balanced_and_their_test_is_the_same_for_every_seed():
    rows = table("natural_sentences")
    texts = [row["text"] for row in rows]
    assert len(rows) >= 420 and len({text.lower() for text in texts}) == len(texts)
    assert [row["label"] for row in rows] == ["positive", "negative"] * (len(rows) // 2)
    assert all(text == text.strip() and text[0].isupper() and text[-1] in ".!?" for text in texts)
    first, second = (set(load_task("natural", seed=seed)["test"]["text"]) for seed in (1, 2))
    assert first == second
    for sentence, opposite in zip(texts[0::2], texts[1::2], strict=True):
        assert (sentence in first) == (opposite in first)


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
    assert "6 rows repeat the text" in capsys.readouterr().out


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
    "utf16.csv": ("text,label\nfine,1\n".encode("utf-16"), "byte 0 .* is not UTF-8|not UTF-8: byte 0"),
    "fields.csv": (b"text,label\nfine, they said,1\n", "Line 2 .*double quotes"),
    "short.csv": (b"text,label\nfine\n", "Line 2 .*2 fields"),
    "quote.csv": (b'text,label\n"fine,1\n', "no valid CSV"),
    "hole.csv": (b"text,label\nfine,1\n,0\n", "row 2 of train has no text"),
    "unlabelled.csv": (b"text,label\nfine,\n", "row 1 of train has no label"),
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
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_refused_with_a_reason(tmp_path, name):
    content, message = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CourseError, match=message):
        load_task(tmp_path / name)


@pytest.mark.parametrize("name, message", [
    ("review", "task called 'review'. Did you mean 'reviews'"),
    ("", "no task called ''"),
    (7, "no task called '7'"),
    ("no/such/file.csv", "does not exist"),
    ("somewhere.jsonl", "does not exist"),
])
def test_unknown_names_are_refused_with_what_is_known(name, message):
    with pytest.raises(CourseError, match=message):
        load_task(name)


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "data.csv").mkdir()
    with pytest.raises(CourseError, match="is a folder"):
        load_task(tmp_path / "data.csv")


def test_a_hub_id_without_a_network_says_what_to_do():
    with pytest.raises(CourseError, match="'owner/name' could not be loaded.*file of your own.*load_task"):
        load_task("owner/name")


def hub(monkeypatch, **parts):
    monkeypatch.setattr(datasets, "load_dataset", lambda name: datasets.DatasetDict(parts))


def test_a_hub_data_set_gives_the_names_of_its_classes(monkeypatch):
    label = datasets.ClassLabel(names=["neg", "pos"])
    features = datasets.Features({"text": datasets.Value("string"), "label": label})
    data = {"text": [f"t{n}" for n in range(40)], "label": [n % 2 for n in range(40)]}
    unlabelled = {"text": ["u1", "u2"], "label": [-1, -1]}
    hub(monkeypatch, train=datasets.Dataset.from_dict(data, features=features),
        test=datasets.Dataset.from_dict(unlabelled, features=features))
    task = load_task("owner/reviews")
    assert task["train"].features["label"].names == ["neg", "pos"] and len(task["test"]) == 8


def test_a_hub_data_set_without_the_splits_or_columns_is_refused(monkeypatch):
    hub(monkeypatch, all=datasets.Dataset.from_dict({"text": ["a"], "label": ["b"]}))
    with pytest.raises(CourseError, match="the splits all"):
        load_task("owner/name")
    hub(monkeypatch, train=datasets.Dataset.from_dict({"sentence": ["a"], "label": ["b"]}))
    with pytest.raises(CourseError, match="'sentence', 'label'"):
        load_task("owner/name")


def test_reading_a_file_needs_no_hub(tmp_path, monkeypatch):
    monkeypatch.setattr(task_files, "read_hub", lambda name: sys.exit("asked the Hub"))
    assert len(load_task(write_csv(tmp_path / "a.csv"))["train"]) == 28
