"""Two models with one tokenizer, whose vocabularies are padded differently, are compared over the tokens that exist."""
import datasets
import pytest
import torch

from course_lib.distillation import Distillation, Teacher, distil, soft_target_loss, taught_rows
from course_lib.errors import CourseError
from course_lib.evaluation import evaluate
from course_lib.methods import FullFineTuning, LoRA
from course_lib.training import fit
from tests.tiny import tiny_model
from tests.training.runs import bits, same
from tests.training.small import CONTEXT, dataset, pair_of, task_of, tokenizer_of

TOKENIZER = tokenizer_of("llama")
V = len(TOKENIZER)
RUN = {"steps": 4, "batch_size": 8, "learning_rate": 1e-2, "progress": False}


def padded(rows: int, seed: int = 0):
    return tiny_model("llama", rows, spread=0.2, context=CONTEXT, blocks=2, seed=seed)


@pytest.mark.parametrize("sizes", [(V, V + 64), (V + 64, V), (V + 64, V + 3)])
@pytest.mark.parametrize("name, over", [("facts", "labels"), ("reviews", "vocabulary"), ("reviews", "labels")])
def test_a_padded_teacher_and_a_student_padded_otherwise(sizes, name, over):
    big, small = padded(sizes[0]), padded(sizes[1], seed=1)
    teacher, method = Teacher(big, TOKENIZER, task_of(name), FullFineTuning(big), over=over), FullFineTuning(small)
    words = 2 if (name, over) == ("reviews", "labels") else V
    assert {logits.shape[1] for logits in teacher.logits.values()} == {words}
    history = distil(teacher, small, TOKENIZER, method, soft=1.0, **RUN)
    assert history.loss[-1] < history.loss[0]


def test_the_tokens_that_do_not_exist_take_no_share():
    """However probable a padded row is, the teacher's probabilities are those among the tokens that there are."""
    big, task = padded(V + 5), task_of("facts")
    teachers = []
    for value in (0.0, 50.0):
        method = FullFineTuning(big)
        with torch.no_grad():
            method.copies[0][V:] = value
        teachers.append(Teacher(big, TOKENIZER, task, method))
    for key, logits in teachers[0].logits.items():
        assert soft_target_loss(teachers[1].logits[key], logits, 1.0).item() == pytest.approx(0, abs=1e-5)


def test_a_model_without_room_for_all_tokens_is_refused():
    big, small = padded(V), padded(V - 3)
    teacher = Teacher(big, TOKENIZER, task_of("reviews"), FullFineTuning(big), over="vocabulary")
    with pytest.raises(CourseError, match=f"the teacher knows {V:,} and the student {V - 3:,}"):
        distil(teacher, small, TOKENIZER, FullFineTuning(small), **RUN)


NAMES = ("2", "1")


def turned(split):
    """The rows of the stars 1 and 2, whose classes count the other way round than the teacher's."""
    rows = [(row["text"], row["answer"]) for row in task_of("stars")[split] if row["answer"] in NAMES]
    return dataset(rows, "{text}\nstars:", NAMES)


@pytest.fixture(scope="module")
def knowing():
    """(model, tokenizer, method): a head of three classes that knows its rows."""
    pair = pair_of("bert")
    method = LoRA(pair[0], num_labels=3, rank=4)
    fit(*pair, {"train": task_of("stars")["train"]}, method, steps=60, learning_rate=2e-2, batch_size=24,
        progress=False)
    return *pair, method


def test_a_student_takes_over_the_names_of_the_teachers_classes(knowing):
    model, tokenizer, method = knowing
    teacher, student = Teacher(model, tokenizer, {"train": turned("train")}, method), LoRA(model, num_labels=3, rank=4)
    distil(teacher, model, tokenizer, student, soft=1.0, **RUN | {"steps": 60, "learning_rate": 2e-2})
    assert student.classes == method.classes == ["1", "2", "3"]
    assert evaluate(model, tokenizer, turned("train"), student)["accuracy"] == 1
    with_loss = LoRA(model, num_labels=3, rank=4)
    fit(model, tokenizer, teacher.task, with_loss, loss=Distillation(teacher, soft=1.0),
        **RUN | {"steps": 60, "learning_rate": 2e-2})
    assert same(bits(with_loss), bits(student)) and with_loss.classes == method.classes
    other = LoRA(model, num_labels=3)
    other.classes = ["3", "2", "1"]
    with pytest.raises(CourseError, match="teacher's classes are .* and the student's .* takes over the teacher's"):
        distil(teacher, model, tokenizer, other, **RUN)
    with pytest.raises(ZeroDivisionError):
        distil(teacher, model, tokenizer, fresh := LoRA(model, num_labels=3), **RUN, watch=lambda history: 1 / 0)
    assert fresh.classes is None


def test_taught_rows_have_the_names_that_the_teacher_gives(knowing):
    taught = taught_rows(*knowing[:2], turned("train").with_format("torch"), knowing[2])
    assert taught["answer"][:] == turned("train")["answer"][:] and taught["label"][:] == turned("train")["label"][:]
    strange = turned("train").filter(lambda row: row["answer"] == "2")
    strange = dataset([(text, "2") for text in strange["text"]], "{text}", ("2",))
    with torch.no_grad():
        bias = knowing[2].head.bias.clone()
        knowing[2].head.bias[2] += 100
    try:
        with pytest.raises(CourseError, match="gives the answer '3', which is none of the rows' classes: '2'"):
            taught_rows(*knowing[:2], strange, knowing[2])
    finally:
        knowing[2].head.bias.data.copy_(bias)
    assert isinstance(taught, datasets.Dataset)
