"""A student learns what its teacher says, the same way each time; what does not go together is refused."""
import dataclasses

import pytest
import torch

from course_lib.distillation import Distillation, Teacher, distil, soft_target_loss
from course_lib.errors import CourseError
from course_lib.methods import FullFineTuning, LoRA
from course_lib.models import weights_hash
from course_lib.prompting.tokens import answer_tokens
from course_lib.training import fit
from course_lib.training.batches import Batches, at_answers, loss_of
from tests.closeness import NET, assert_near
from tests.tiny import tiny_model
from tests.training.runs import bits, same, train
from tests.training.small import CONTEXT, pair_of, task_of, tokenizer_of

RUN = {"steps": 6, "batch_size": 8, "learning_rate": 1e-2, "validate_every": 2, "progress": False}


@pytest.fixture(scope="module")
def teacher():
    """A teacher that knows its rows, asked about two of its blocks."""
    pair = pair_of("llama")
    method = FullFineTuning(pair[0])
    train(method, pair, steps=40, learning_rate=2e-2)
    return Teacher(*pair, task_of("reviews"), method, blocks=(0, 2))


@pytest.fixture(scope="module")
def student():
    """(model, tokenizer) with two blocks, half as wide as the teacher's."""
    tokenizer = tokenizer_of("llama")
    return tiny_model("llama", len(tokenizer), spread=0.2, context=CONTEXT, blocks=2, width=8, seed=1), tokenizer


def taught(teacher, student, build=FullFineTuning, **settings):
    """(history, bits of the student) of one run."""
    method = build(student[0])
    history = distil(teacher, *student, method, **RUN | settings)
    return dataclasses.replace(history, seconds=0.0), bits(method)


def apart(teacher, student, method, rows=range(24), temperature=1.0) -> float:
    """T² KL between teacher and student on these rows of train, over the first tokens of the two label words."""
    rows, tokens = list(rows), answer_tokens(student[1], ["negative", "positive"])
    batch = Batches(*student, teacher.task["train"], method).batch(rows)
    first = -1 - (batch["labels"] != -100).sum(1)                               # (B,): the place before the answer
    with method.on(student[0]), torch.no_grad():
        logits = method.logits(student[0], batch)                               # (B, K, V)
        said = logits[range(len(rows)), first][:, [ids[0] for ids in tokens]]   # (B, 2)
    wanted = torch.cat([teacher.logits["train", row] for row in rows])
    return soft_target_loss(said, wanted, temperature).item()


def newline(student, method, task, rows) -> float:
    """The cross entropy of the newline that ends these rows' answers."""
    batch, end = Batches(*student, task["train"], method).batch(rows), answer_tokens(student[1], ["positive"])[0][-1]
    with method.on(student[0]), torch.no_grad():
        said, tokens = at_answers(method.logits(student[0], batch), batch["labels"])         # (R, V), (R,)
    assert tokens.tolist().count(end) == len(rows) == len(tokens) // 2
    return -said.log_softmax(-1)[tokens == end, end].mean().item()


@pytest.mark.parametrize("temperature, soft", [(1.0, 1.0), (2.0, 1.0), (2.0, 0.5)])
def test_the_student_comes_nearer_to_its_teacher(teacher, student, temperature, soft):
    method, before = FullFineTuning(student[0]), weights_hash(student[0])
    at_first = apart(teacher, student, method)
    distil(teacher, *student, method, temperature, soft, **RUN | {"steps": 80, "learning_rate": 2e-2})
    assert apart(teacher, student, method) < at_first / 3 and weights_hash(student[0]) == before


def test_the_newline_that_ends_an_answer_is_learned_too(teacher, student):
    """Else whole answers would be told apart by a newline that nobody taught."""
    method, rows = FullFineTuning(student[0]), list(range(24))
    before = newline(student, method, teacher.task, rows)
    distil(teacher, *student, method, 2.0, 1.0, **RUN | {"steps": 80, "learning_rate": 2e-2})
    assert newline(student, method, teacher.task, rows) < before / 3


def test_it_is_fit_with_this_loss_and_the_labels_alone_are_fit_without(teacher, student):
    methods = [FullFineTuning(student[0]) for _ in range(4)]
    distil(teacher, *student, methods[0], 3.0, 0.7, **RUN)
    fit(*student, teacher.task, methods[1], loss=Distillation(teacher, 3.0, 0.7), **RUN)
    assert same(bits(methods[0]), bits(methods[1]))
    first = distil(teacher, *student, methods[2], soft=0.0, **RUN)
    second = fit(*student, teacher.task, methods[3], **RUN)
    assert first.loss == pytest.approx(second.loss, rel=1e-4)


@pytest.mark.parametrize("soft", [1, 0.9, 0.0])
def test_the_loss_of_a_step_is_the_mix_for_the_rows_in_the_batch(teacher, student, soft):
    method, rows = FullFineTuning(student[0]), [3, 17, 5]
    batch = Batches(*student, teacher.task["train"], method).batch(rows)
    with method.on(student[0]), torch.no_grad():
        logits = method.logits(student[0], batch)
    wanted = soft * (apart(teacher, student, method, rows, 2.0) + newline(student, method, teacher.task, rows))
    wanted += (1 - soft) * loss_of(logits, batch["labels"]).item()
    ours = Distillation(teacher, 2.0, soft)(logits, batch, [("train", row) for row in rows])
    assert_near(ours, wanted, **NET)


@pytest.mark.parametrize("name, over", [("facts", "labels"), ("reviews", "vocabulary")])
def test_over_the_whole_vocabulary_every_token_of_the_answers_is_taught(student, name, over):
    pair, task = pair_of("llama"), task_of(name)
    teacher, method = Teacher(*pair, task, FullFineTuning(pair[0]), over=over), FullFineTuning(student[0])
    batch = Batches(*student, task["train"], method).batch([4, 9, 0])
    with method.on(student[0]), torch.no_grad():
        logits = method.logits(student[0], batch)
    said, _ = at_answers(logits, batch["labels"])
    wanted = torch.cat([teacher.logits["train", row] for row in (4, 9, 0)])
    assert said.shape == wanted.shape and said.shape[1] == len(student[1])
    ours = Distillation(teacher, 2.0, 1.0)(logits, batch, [("train", row) for row in (4, 9, 0)])
    assert_near(ours, soft_target_loss(said, wanted, 2.0), terms=wanted.numel())


def test_the_teacher_is_not_asked_again(student):
    pair = pair_of("llama")
    teacher, calls = Teacher(*pair, task_of("reviews"), FullFineTuning(pair[0])), []
    handle = pair[0].register_forward_hook(lambda *_: calls.append(1))
    distil(teacher, *student, FullFineTuning(student[0]), **RUN)
    handle.remove()
    assert not calls


@pytest.mark.parametrize("settings", [{}, {"match": {0: 0, 1: 2}}])
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(teacher, student, settings):
    build = lambda seed: lambda model: FullFineTuning(model, seed=seed)
    runs = [taught(teacher, student, build(seed), seed=seed, **settings) for seed in (0, 0, 1)]
    assert runs[0][0] == runs[1][0] and same(runs[0][1], runs[1][1])
    assert runs[0][0].loss != runs[2][0].loss  # other batches, and another projection


@pytest.mark.parametrize("settings", [{}, {"match": {1: 2}}])
def test_a_run_that_ended_goes_on_to_the_same_bits(teacher, student, settings, tmp_path):
    class Killed(Exception):
        pass

    def watch(history):
        if len(history.loss) == 5:
            raise Killed

    with pytest.raises(Killed):
        taught(teacher, student, checkpoint=tmp_path / "run", watch=watch, **settings)
    resumed = taught(teacher, student, checkpoint=tmp_path / "run", **settings)
    whole = taught(teacher, student, **settings)
    assert resumed[0] == whole[0] and same(resumed[1], whole[1])
    with pytest.raises(CourseError, match="checkpoint of another run, which differs in loss"):
        taught(teacher, student, checkpoint=tmp_path / "run", temperature=3.0, **settings)


def test_a_hint_brings_hidden_states_nearer_and_leaves_no_projection(teacher, student):
    losses = {}
    for weight in (0, 5.0):
        method = FullFineTuning(student[0])
        names = set(method.state_dict())
        history = distil(teacher, *student, method, match={1: 2}, hidden=weight, soft=0.0,
                         **RUN | {"steps": 60, "learning_rate": 2e-2})
        assert set(method.state_dict()) == names and not hasattr(method, "projections")
        losses[weight] = history.loss
    assert losses[5.0][0] > losses[0][0] + 3  # a projection at random explains nothing: about 1, times 5
    assert losses[5.0][-1] < losses[5.0][0] / 3


def test_equal_widths_are_matched_without_a_projection(teacher):
    pair, counts = pair_of("llama"), []
    method = FullFineTuning(pair[0])
    watch = lambda history: counts.append(sum(parameter.numel() for parameter in method.parameters()))
    distil(teacher, *pair, method, match={0: 0}, watch=watch, **RUN)
    assert set(counts) == {sum(parameter.numel() for parameter in method.parameters())}


def test_a_run_that_fails_leaves_the_student_as_it_was(teacher, student):
    method = FullFineTuning(student[0])
    before = bits(method)

    def watch(history):
        raise RuntimeError("full disk")

    with pytest.raises(RuntimeError):
        distil(teacher, *student, method, match={1: 0}, watch=watch, **RUN)
    assert same(bits(method), before)


def test_a_teacher_that_never_gives_one_of_the_answers_can_be_learned_from(teacher, student):
    rows = task_of("reviews")["train"]
    one = {"train": rows.filter(lambda row: row["label"] == 0)}
    asked = Teacher(*pair_of("llama"), one, teacher.method)
    assert len(distil(asked, *student, FullFineTuning(student[0]), **RUN).loss) == 6
    with pytest.raises(CourseError, match="There is no row of the class 'positive' to learn from"):
        fit(*student, one, FullFineTuning(student[0]), **RUN)


def test_with_heads_other_words_are_no_hindrance():
    """The classes are the same, however the two models cut a text into tokens."""
    pair, other = pair_of("distilbert"), pair_of("llama")
    method, small = (FullFineTuning(one[0], num_labels=2) for one in (pair, other))
    assert pair[1].get_vocab() != other[1].get_vocab()
    teacher = Teacher(*pair, task_of("reviews"), method)
    assert len(distil(teacher, *other, small, **RUN).loss) == 6


def test_different_vocabularies_are_refused(teacher):
    model = tiny_model("llama", 400, spread=0.2, context=CONTEXT)
    for tokenizer, said in ((other_tokenizer(), "different vocabularies, of 382 and 383 tokens"),):
        with pytest.raises(CourseError, match=said + ".*taught_rows"):
            distil(teacher, model, tokenizer, LoRA(model), **RUN)


def other_tokenizer():
    """The same tokens and one more."""
    import copy

    tokenizer = copy.deepcopy(tokenizer_of("llama"))
    tokenizer.add_tokens(["zwetschge"])
    return tokenizer


@pytest.mark.parametrize("change, said", [
    ({"temperature": 0}, "temperature is a number above 0"), ({"temperature": -2}, "temperature is a number above 0"),
    ({"temperature": float("nan")}, "temperature is a number above 0"), ({"soft": 2}, "soft is a number from 0 to 1"),
    ({"match": {2: 2}}, "A block must be at least 0 and at most 1, a whole number; you gave 2"),
    ({"match": {0: 1}}, r"was not asked about its block 1, only about \(0, 2\).*blocks=\(1,\)\)"),
    ({"match": {0: True}}, "was not asked about its block True"), ({"match": [0, 2]}, "match is a dictionary"),
    ({"match": 2}, "match is a dictionary"), ({"temperature": 1e-300}, "temperature is at least"),
    ({"match": {1: 2}, "hidden": -1}, "hidden is a number from 0 to 1000"), ({"steps": 0}, "steps must be at least 1")],
    ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_distilled(teacher, student, change, said):
    method = FullFineTuning(student[0])
    before = bits(method)
    with pytest.raises(CourseError, match=said):
        distil(teacher, *student, method, **RUN | change)
    assert same(bits(method), before)


def test_what_is_no_teacher_and_no_tokenizer(teacher, student):
    model, tokenizer = student
    for given in (None, model, teacher.method):
        with pytest.raises(CourseError, match="The first argument is a teacher that was asked"):
            distil(given, model, tokenizer, FullFineTuning(model), **RUN)
    for given in (None, "orchard-xs"):
        with pytest.raises(CourseError, match="The tokenizer must be one of a loaded model"):
            distil(teacher, model, given, FullFineTuning(model), **RUN)


def test_a_head_on_one_side_is_refused(teacher, student):
    with pytest.raises(CourseError, match="The teacher has no head and the student a head of 2"):
        distil(teacher, *student, FullFineTuning(student[0], num_labels=2), **RUN)


def test_rows_that_the_teacher_was_not_asked_about(teacher, student):
    more = {"train": task_of("reviews")["train"], "validation": task_of("reviews")["train"]}
    with pytest.raises(CourseError, match="was not asked about the row .* Train on teacher.task"):
        fit(*student, more, FullFineTuning(student[0]), loss=Distillation(teacher), **RUN)
