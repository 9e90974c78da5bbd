"""Every promised architecture keeps the short contract, and the contract notices where one does not."""
from pathlib import Path

import pytest
import torch
from transformers.models.gemma3.modeling_gemma3 import Gemma3TextScaledWordEmbedding

from course_lib import architecture
from course_lib.bench import architectures
from course_lib.bench.architectures import CHECKS, KINDS, built
from course_lib.bench.subject import apart
from course_lib.distillation import pruning
from course_lib.methods import prompt_tuning
from course_lib.methods.base import method, virtual_tokens
from course_lib.promised import PROMISED, names_of
from course_lib.training import reuse

NAN = float("nan")


@pytest.fixture(scope="module")
def subjects():
    """subjects(name): a model of this kind; one at a time is kept."""
    kept = {}

    def get(name):
        if name not in kept:
            for _, block in kept.values():
                block.__exit__(None, None, None)
            kept.clear()
            block = built(name)
            kept[name] = block.__enter__(), block
        return kept[name][0]

    yield get
    for _, block in kept.values():
        block.__exit__(None, None, None)


def test_every_promised_architecture_is_in_the_table():
    assert {name.partition(",")[0] for name in KINDS} == set(PROMISED)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", KINDS)
def test_it_is_kept(name, check, subjects):
    error = CHECKS[check](subjects(name))
    print(f"{name}, {check}: {error} of the tolerance")
    assert (error is None) == (check in ("writing", "scoring") and not PROMISED[name.partition(",")[0]].decoder)
    assert error is None or error <= 0.2


def raw_rows(model):
    """Embeddings as they are stored, not as they are read."""
    return model.get_input_embeddings().weight.detach().std()


def keep_other_states(self, keys, hidden, real):
    """What is kept of frozen work, twice as large."""
    self.kept |= {key: 2 * row[seen] for key, row, seen in zip(keys, hidden, real)}


FAULTS = [  # kind, check, where, name, what stands there instead: what was wrong once
    ("roberta", "forward", method, "first_position", lambda model: 0),
    ("xlm-roberta", "prompts", prompt_tuning, "first_position", lambda model: 0),
    ("gemma3_text", "prompts", prompt_tuning, "embedding_size", raw_rows),
    ("gemma3_text", "prompts", Gemma3TextScaledWordEmbedding, "__call__",
     lambda self, ids: torch.nn.functional.embedding(ids, self.weight)),
    ("mistral", "padding", virtual_tokens.VirtualTokens, "beside_text", lambda self, batch: batch),
    ("gemma3_text", "padding", virtual_tokens.VirtualTokens, "check_gap", lambda self, mask: None),
    ("qwen2, windows", "pruning", pruning, "getattr",
     lambda thing, name, *other: ["full_attention"] * 4 if name == "layer_types" else getattr(thing, name, *other)),
    ("gpt2", "padding", method, "pool", lambda hidden, mask, decoder: hidden[:, 0]),
    ("modernbert", "reuse", reuse.FrozenWork, "keep", keep_other_states),
    ("bert", "counting", architectures.contract_tools, "matrix", lambda module: module.weight[1:]),
]


@pytest.mark.parametrize("given, wanted", [([1.0, NAN], [1.0, 2.0]), ([1.0, 2.0], [1.0, NAN])])
def test_what_is_no_number_is_a_fault_wherever_it_stands(given, wanted):
    """max() of an error and of one that is not a number is the error, if that comes first."""
    with pytest.raises(AssertionError, match="not everything is a number"):
        apart(torch.tensor(given), torch.tensor(wanted))


@pytest.mark.parametrize("name, check, home, attribute, fault", FAULTS,
                         ids=[f"{name}-{check}-{attribute}" for name, check, _, attribute, _ in FAULTS])
def test_a_fault_is_noticed(name, check, home, attribute, fault, subjects, monkeypatch):
    subject = subjects(name)
    monkeypatch.setattr(home, attribute, fault, raising=False)
    with pytest.raises(AssertionError):
        error = CHECKS[check](subject)
        assert error <= 1


def test_the_command_prints_a_mark_for_each_and_fails_where_one_is_not_kept(monkeypatch, capsys):
    monkeypatch.setattr(architectures, "KINDS", {"llama": KINDS["llama"]})
    marks = {"forward": lambda _: 0.01, "start": lambda _: None}
    monkeypatch.setattr(architectures, "CHECKS", marks)
    assert architectures.architectures()
    assert "llama    ✓      –  \n" in capsys.readouterr().out
    for wrong in (lambda _: 1.5, lambda _: float("nan"), lambda _: 1 / 0):
        monkeypatch.setattr(architectures, "CHECKS", marks | {"padding": wrong})
        assert not architectures.architectures()
        said = capsys.readouterr().out
        assert "✗" in said and "llama, padding: " in said


def test_blocks_of_every_kind_of_attention_are_among_them():
    """So that a mask for each kind of block is tried, and texts longer than its window."""
    seen = set()
    for name in KINDS:
        with built(name) as one:
            if architecture.window_of(one.model):
                seen.add(name.partition(",")[0])
    assert seen == {"qwen2", "qwen3", "mistral", "gemma3_text", "modernbert"}


def test_the_readme_names_them():
    text = " ".join((Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").split())
    assert f"of a {names_of().replace(' and ', ' or ')}; others are refused" in text
