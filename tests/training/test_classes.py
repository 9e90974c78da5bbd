"""Classes go by their names: in another order, in another file, in a saved method; and rows in any form are read."""
import datasets
import pytest

from course_lib.errors import CourseError
from course_lib.evaluation import answers, evaluate
from course_lib.methods import FullFineTuning, LoRA
from course_lib.training import fit
from tests.training.small import dataset, pair_of, task_of

NAMES = ["1", "2", "3"]


def fitted(kind="bert"):
    """(model, tokenizer, method) whose head knows all of its rows."""
    pair = pair_of(kind)
    method = LoRA(pair[0], num_labels=3, rank=4)
    fit(*pair, {"train": task_of("stars")["train"]}, method, steps=60, learning_rate=2e-2, batch_size=24,
        progress=False)
    assert evaluate(*pair, task_of("stars")["train"], method)["accuracy"] == 1
    return *pair, method


@pytest.fixture(scope="module")
def known():
    return fitted()


def counted_as(names, kept=NAMES, split="train"):
    """The rows of the classes `kept`, numbered by their places in `names`."""
    rows = [(row["text"], row["answer"]) for row in task_of("stars")[split] if row["answer"] in kept]
    return dataset(rows, "{text}\nstars:", tuple(names))


@pytest.mark.parametrize("names, kept", [(["3", "1", "2"], NAMES), (["2", "3"], ["2", "3"]), (["3"], ["3"]),
                                         (["0", "3", "2", "1", "9"], NAMES)])
def test_a_head_is_measured_by_the_names_of_its_classes(known, names, kept):
    found = evaluate(*known[:2], counted_as(names, kept), known[2])
    assert found["accuracy"] == 1 and found["n"] == len(counted_as(names, kept))
    given, right = answers(*known[:2], counted_as(names, kept), known[2])
    assert {NAMES[label] for label in right} == set(kept) and given == right


@pytest.mark.parametrize("names", [["1", "2", "three"], ["one", "two", "three"]])
def test_classes_of_another_name_are_refused(known, names):
    rows = counted_as(NAMES).cast_column("label", datasets.ClassLabel(names=names))
    said = "The head knows its classes by their names, '1', '2', '3', and these rows have the class"
    with pytest.raises(CourseError, match=said):
        evaluate(*known[:2], rows, known[2])
    with pytest.raises(CourseError, match=f"The split train: {said}"):
        fit(*known[:2], {"train": rows}, known[2], steps=1, progress=False)
    with pytest.raises(CourseError, match="no names for its classes"):
        evaluate(*known[:2], rows.cast_column("label", datasets.Value("int64")), known[2])


def test_a_saved_method_keeps_the_names(known, tmp_path):
    model, tokenizer, method = known
    method.save(tmp_path / "new folder" / "deep" / "stars.safetensors")
    loaded = LoRA.load(tmp_path / "new folder" / "deep" / "stars.safetensors", model)
    assert loaded.classes == method.classes == NAMES
    assert evaluate(model, tokenizer, counted_as(["3", "2"], ["2", "3"]), loaded)["accuracy"] == 1
    with pytest.raises(CourseError, match="these rows have the class 'negative'"):
        evaluate(model, tokenizer, task_of("reviews")["test"], loaded)
    LoRA(model).save(tmp_path / "plain.safetensors")
    assert LoRA.load(tmp_path / "plain.safetensors", model).classes is None


def test_a_file_that_cannot_be_saved_says_so(known, tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "x.safetensors", tmp_path):
        with pytest.raises(CourseError, match="The method cannot be saved as .*Name a file in a folder"):
            known[2].save(path)


def test_validation_is_measured_by_the_names_of_train():
    """The loss on rows that count their classes otherwise is that of the same rows."""
    pair, found = pair_of("bert"), []
    for names in (NAMES, ["3", "1", "2"]):
        method = LoRA(pair[0], num_labels=3)
        task = {"train": counted_as(NAMES), "validation": counted_as(names, split="test")}
        found.append(fit(*pair, task, method, steps=3, learning_rate=1e-2, progress=False).best_loss)
    assert found[0] == found[1]


def test_a_run_that_fails_leaves_the_classes_as_they_were():
    pair = pair_of("bert")
    method = LoRA(pair[0], num_labels=3)
    with pytest.raises(ZeroDivisionError):
        fit(*pair, {"train": counted_as(NAMES)}, method, steps=2, progress=False, watch=lambda history: 1 / 0)
    assert method.classes is None


@pytest.mark.parametrize("kind", ["bert", "llama"])
@pytest.mark.parametrize("form", ["torch", "numpy", "pandas", "arrow"])
def test_rows_in_any_format_are_the_same_rows(kind, form):
    pair, rows, runs = pair_of(kind), task_of("stars")["train"], []
    for one in (rows, rows.with_format(form), rows.with_format(form, columns=["label"])):
        method = LoRA(pair[0], num_labels=3 if kind == "bert" else None)
        history = fit(*pair, {"train": one}, method, steps=3, learning_rate=1e-2, progress=False)
        runs.append((history.loss, evaluate(*pair, one, method), answers(*pair, one, method)))
    assert runs[0] == runs[1] == runs[2]


def test_streamed_rows_are_refused(known):
    stream = task_of("stars")["train"].to_iterable_dataset()
    for call in (lambda: fit(*known[:2], {"train": stream}, known[2], progress=False),
                 lambda: evaluate(*known[:2], stream, known[2]), lambda: evaluate(*pair_of("llama"), stream)):
        with pytest.raises(CourseError, match=r"rows are streamed.*from_list\(list\(rows\), features=rows.features\)"):
            call()
    kept = datasets.Dataset.from_list(list(stream), features=stream.features)
    assert evaluate(*known[:2], kept, known[2])["accuracy"] == 1


@pytest.mark.parametrize("kind", ["bert", "llama"])
@pytest.mark.parametrize("label", [-1, None])
def test_a_row_without_a_label_is_named_by_its_text(kind, label):
    pair = pair_of(kind)
    rows = task_of("stars")["train"].to_dict()
    rows["label"][5] = label
    rows = datasets.Dataset.from_dict(rows, features=task_of("stars")["train"].features)
    method = LoRA(pair[0], num_labels=3 if kind == "bert" else None)
    for call in (lambda: fit(*pair, {"train": rows}, method, progress=False), lambda: evaluate(*pair, rows, method)):
        with pytest.raises(CourseError, match=f"Row 5, '{rows['text'][5]}', has no label: it has the label {label}"):
            call()


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_a_label_that_no_class_has_is_no_other_class(kind):
    """To Python names[-2] is the last but one of them."""
    pair, rows = pair_of(kind), task_of("stars")["train"]
    labels = [-2 if place == 5 else label for place, label in enumerate(rows["label"][:])]
    odd = datasets.Dataset.from_dict({**rows.to_dict(), "label": labels}).cast_column("label", rows.features["label"])
    method = LoRA(pair[0], num_labels=3 if kind == "bert" else None)
    for call in (lambda: fit(*pair, {"train": odd}, method, progress=False), lambda: evaluate(*pair, odd, method)):
        with pytest.raises(CourseError, match="Row 5 has the label -2, and the classes with a name are 0 to 2"):
            call()


@pytest.mark.parametrize("change", ["label", "answer", "names"])
def test_an_answer_that_is_not_the_name_of_the_label(change):
    """Without a head one would be learned and the other one counted; a head knows the label alone."""
    rows = task_of("stars")["train"]
    if change == "names":
        odd, row = rows.cast_column("label", datasets.ClassLabel(names=["bad", "fair", "good"])), 0
    else:
        values = {"label": (rows["label"][5] + 1) % 3, "answer": "4"}
        columns, row = rows.to_dict(), 5
        columns[change][5] = values[change]
        odd = datasets.Dataset.from_dict(columns, features=rows.features)
    pair = pair_of("llama")
    with pytest.raises(CourseError, match=f"Row {row} has the answer '.' and the label ., which is '.+': which of"):
        fit(*pair, {"train": odd}, LoRA(pair[0]), progress=False)
    assert evaluate(*pair, odd, LoRA(pair[0], num_labels=3))["n"] == len(rows)


def test_a_row_that_is_too_long_is_named_by_its_text():
    pair, rows = pair_of("llama"), dataset([("it", "good"), ("the pear of " * 20, "good")], "{text}:")
    with pytest.raises(CourseError, match="Row 1 has .* its text is 'the pear of the pear of"):
        fit(*pair, {"train": rows}, LoRA(pair[0]), progress=False)
    with pytest.raises(CourseError, match="column answer holds a text for each row; row 1 has None"):
        fit(*pair, {"train": datasets.Dataset.from_dict({"prompt": ["a", "b"], "answer": ["a", None]})}, LoRA(pair[0]))


def test_texts_are_compared_as_the_tokenizer_writes_them():
    """A tokenizer that composes accents: the model can never write the other form, in which the rows have them."""
    from tokenizers import normalizers
    from transformers import PreTrainedTokenizerFast

    model, tokenizer = pair_of("llama")
    bpe = tokenizer.backend_tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    bpe.normalizer = normalizers.Sequence([normalizers.NFC(), bpe.normalizer])
    composing = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=tokenizer.eos_token)
    rows = dataset([("apple", "cafe\u0301"), ("plum", "the\u0301")] * 4, "{text}:")
    method = FullFineTuning(model)
    fit(model, composing, {"train": rows}, method, steps=60, learning_rate=2e-2, batch_size=8, progress=False)
    given, right = answers(model, composing, rows, method)
    assert given[:2] == ["café", "thé"] and right[:2] == ["cafe\u0301", "the\u0301"]
    assert evaluate(model, composing, rows, method)["exact_match"] == 1
