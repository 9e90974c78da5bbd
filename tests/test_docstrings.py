"""The examples in docstrings say what comes out; those of the public functions name arguments and errors."""
import doctest
import importlib
import inspect
import re

import pytest

from course_lib import evaluate, fit, load_model, load_task, monitoring, progress
from course_lib.checks import check
from course_lib.cost import cost, size_on_disk
from course_lib.distillation import Teacher, distil, importance, prune, taught_rows
from course_lib.evaluation import old_domain_loss, perplexity
from course_lib.methods import LoRA, PromptTuning
from course_lib.offline import flips, key_parts, load_method, plan
from course_lib.offline import predict as predict_many
from course_lib.prompting import (
    calibrate,
    complete,
    content_free_scores,
    draw_examples,
    entropy,
    exact_match,
    few_shot,
    few_shot_answers,
    next_answers,
    score_choices,
)
from course_lib.prompting.search import search
from course_lib.quantise import quantise
from course_lib.quiz import predict, quiz, reveal
from course_lib.root import find_root
from course_lib.world import documents, relations

ROOT = find_root("lessons")
WITH_EXAMPLES = sorted(path.relative_to(ROOT) for path in (ROOT / "course_lib").rglob("*.py")
                       if ">>> " in path.read_text(encoding="utf-8"))
FAMILIES = relations()["fruit_family"]

# each public function and, for those that can raise something, a call that does; `m`, `t` are a model and its tokenizer
CALLS = {
    load_model: lambda m, t: load_model("orchard-z"),
    load_task: lambda m, t: load_task("revues"),
    documents: lambda m, t: next(documents("test", 0)),
    relations: None,
    fit: lambda m, t: fit(m, t, {}, LoRA(m)),
    evaluate: lambda m, t: evaluate(m, t, []),
    perplexity: lambda m, t: perplexity(m, t, "one text"),
    old_domain_loss: lambda m, t: old_domain_loss(m, t, n_documents=0),
    cost: lambda m, t: cost(m, t, [], LoRA(m)),
    size_on_disk: lambda m, t: size_on_disk(PromptTuning.mix([PromptTuning(m)], [0])),
    score_choices: lambda m, t: score_choices(m, t, "apple:", ["pome", "pome"]),
    complete: lambda m, t: complete(m, t, "apple:", max_new_tokens=0),
    next_answers: lambda m, t: next_answers(m, t, ["apple:"]),
    few_shot: lambda m, t: few_shot(["peach"], "apple"),
    draw_examples: lambda m, t: draw_examples("fruit_family", 2, 0),
    few_shot_answers: lambda m, t: few_shot_answers(m, t, FAMILIES, ["stone"], 2, 0),
    exact_match: lambda m, t: exact_match(m, t, FAMILIES, ["stone"], 2, 0),
    calibrate: lambda m, t: calibrate([1.0], [0.5, 0.5]),
    content_free_scores: lambda m, t: content_free_scores(m, t, str.strip, []),
    entropy: lambda m, t: entropy([1.0, 1.0]),
    search: lambda m, t: search(m, t, []),
    quantise: lambda m, t: quantise(m, "nf5"),
    prune: lambda m, t: prune(m, layers=[99]),
    Teacher: lambda m, t: Teacher(m, t, {}, LoRA(m)),
    taught_rows: lambda m, t: taught_rows(m, t, []),
    distil: lambda m, t: distil(None, m, t, LoRA(m)),
    importance: lambda m, t: importance(m, t, [], LoRA(m)),
    predict_many: lambda m, t: predict_many(m, t, [""]),
    flips: lambda m, t: flips(m, t, ["a"], ["b"], []),
    load_method: lambda m, t: load_method("no such file", m),
    plan: None,
    key_parts: lambda m, t: key_parts(m, None, None, {}),
    LoRA.prepare: lambda m, t: LoRA(m).prepare(t("apple", return_tensors="pt")),
    LoRA.on: lambda m, t: LoRA(m).on(None).__enter__(),
    LoRA.save: lambda m, t: LoRA(m).save(""),
    LoRA.load: lambda m, t: LoRA.load("no such file", m),
    LoRA.merge: lambda m, t: PromptTuning(m).merge(m),
    LoRA.unmerge: lambda m, t: LoRA(m).unmerge(m),
    monitoring.psi: lambda m, t: monitoring.psi([1, 1], [1]),
    monitoring.psi_threshold: lambda m, t: monitoring.psi_threshold([1, 2], 0),
    monitoring.page_hinkley: lambda m, t: monitoring.page_hinkley([]),
    monitoring.calibrate: lambda m, t: monitoring.calibrate(monitoring.page_hinkley, [], 10),
    monitoring.calibration_error: lambda m, t: monitoring.calibration_error([2], [1]),
    monitoring.fit_temperature: lambda m, t: monitoring.fit_temperature([[0, 1]], [1]),
    monitoring.confidences: lambda m, t: monitoring.confidences([[0, 1]], 0),
    quiz: lambda m, t: quiz("01.nothing"),
    predict: lambda m, t: predict("01.nothing"),
    reveal: lambda m, t: reveal("01.nothing", 1),
    check: lambda m, t: check("99.9"),
    progress.export: lambda m, t: progress.export(""),
    progress.restore: lambda m, t: progress.restore("no such file"),
}


@pytest.fixture(scope="module")
def given():
    return load_model("orchard-xs")


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=str)
def test_the_examples_hold(path):
    done = doctest.testmod(importlib.import_module(".".join(path.with_suffix("").parts)))
    assert done.attempted and done.failed == 0


def entries(function, section: str) -> list[str]:
    """The names that stand under `Args:` or `Raises:` in a docstring."""
    found = re.search(rf"^{section}:\n(.*?)(?:\n\n|\Z)", inspect.getdoc(function), re.MULTILINE | re.DOTALL)
    return re.findall(r"^    \*{0,2}(\w+): \S", found[1], re.MULTILINE) if found else []


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__qualname__)
def test_a_public_docstring_names_every_argument_and_every_error(function, given):
    arguments = [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]
    assert entries(function, "Args") == arguments
    if CALLS[function] is None:
        assert not entries(function, "Raises")
    else:
        with pytest.raises(Exception) as error:
            CALLS[function](*given)
        assert type(error.value).__name__ in entries(function, "Raises")
