"""What every method promises of what stays: its file, its seed, its copy, and the weights that it is folded into."""
import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from course_lib.errors import CourseError
from course_lib.methods import Frozen, LoRA
from course_lib.methods.base.copies import Copies
from tests.closeness import NET, assert_near
from tests.hang import HANGS
from tests.methods import tiny_models
from tests.methods.contract import cases, changed, every, merges, nudged, outputs, why_not_merged
from tests.methods.tiny_models import CASES, ROWS, batch_of, build_model, logits_of, sum_of


def test_loaded_in_a_fresh_process_it_has_the_same_bits_and_says_the_same(bases, tokenizer, tmp_path):
    wanted, sums = {}, {}
    for case in CASES:
        model = bases[case.model][0]
        method = nudged(case, model, tokenizer)
        method.save(tmp_path / f"{case}.safetensors")
        wanted[str(case)], sums[str(case)] = logits_of(model, method), sum_of(method)
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, tiny_models.__file__, str(tmp_path)], check=True, cwd=root, timeout=HANGS,
                   env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "1"})
    given = load_file(tmp_path / "logits.safetensors")
    assert given.keys() == wanted.keys() and load_file(tmp_path / "sums.safetensors") == sums
    for name in wanted:
        assert_near(given[name], wanted[name], **NET)


@every
@torch.no_grad()
def test_merged_it_says_what_it_says_attached_and_unmerged_it_leaves_no_trace(case, model, tokenizer):
    method, other = nudged(case, model, tokenizer), Frozen(model, (), num_labels=2)
    if said := why_not_merged(case):
        with pytest.raises(CourseError, match=said):
            method.merge(model)
        with method.on(model):  # and it is not taken for merged
            pass
        assert merges(case.kind) or case.kind.why_not_merged.endswith(".")
        return
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    attached = changed(model, method, batch_of())
    with method.on(model):
        inputs = method.prepare(batch_of())
    method.merge(model)
    try:
        merged = outputs(model, inputs)
        if issubclass(case.kind, Copies):
            assert torch.equal(merged, attached)
        else:   # what is folded in is rounded
            assert_near(merged, attached, **NET)
        for second in (method, other):
            with pytest.raises(CourseError, match=f"{method.name} is merged into this model.*unmerge"):
                second.on(model).__enter__()
            with pytest.raises(CourseError, match="merged into this model. Undo"):
                second.merge(model)
        with pytest.raises(CourseError, match="Frozen is not merged into this model"):
            other.unmerge(model)
    finally:
        method.unmerge(model)
    assert all(torch.equal(parameter, before[name]) for name, parameter in model.named_parameters())
    with pytest.raises(CourseError, match="is not merged into this model"):
        method.unmerge(model)
    assert torch.equal(changed(model, method, batch_of()), attached)


@pytest.mark.parametrize("name", ["llama", "gpt2"])
@torch.no_grad()
def test_lora_on_an_output_layer_is_merged_where_it_is_nobody_elses(name, base):
    model = base(name)
    lora = LoRA(model, targets=("lm_head",))
    torch.nn.init.ones_(lora.B[0])
    with pytest.raises(CourseError, match="lm_head.weight are one tensor.*Use it without merging"):
        lora.merge(model)
    with lora.on(model):  # and it is not taken for merged
        pass
    model = base("llama-untied")
    lora = LoRA(model, targets=("lm_head",))
    torch.nn.init.ones_(lora.B[0])
    attached = changed(model, lora, batch_of(ROWS[:1]))
    lora.merge(model)
    merged = outputs(model, batch_of(ROWS[:1]))
    lora.unmerge(model)
    assert_near(merged, attached, **NET)


@torch.no_grad()
def test_tied_embeddings_are_one_parameter_under_both_names(base):
    model = base("llama")
    method = Frozen(model, "lm_head")
    assert method.names == [["model.embed_tokens.weight", "lm_head.weight"]] and len(list(method.parameters())) == 1
    with method.on(model):
        assert model.lm_head.weight is model.model.embed_tokens.weight is method.copies[0]
    assert model.lm_head.weight is model.model.embed_tokens.weight
    method = Frozen(base("llama-untied"), "lm_head")
    assert method.names == [["lm_head.weight"]]


OTHERS = {}  # the same shapes, other weights


@every
@torch.no_grad()
def test_a_file_goes_with_its_own_base_and_its_own_method(case, model, tokenizer, tmp_path):
    method, path = nudged(case, model, tokenizer), tmp_path / "method.safetensors"
    method.save(path)
    again = case.kind.load(path, model)
    assert again.settings == method.settings and not again.training
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in method.state_dict().items())
    other_kind = LoRA if case.kind is not LoRA else Frozen
    with pytest.raises(CourseError, match=f"holds {method.name}, and you asked for {other_kind.__name__}"):
        other_kind.load(path, model)
    other = OTHERS.setdefault(case.model, build_model(case.model, seed=1))
    with pytest.raises(CourseError, match="trained on another base model.*allow_other_base=True"):
        case.kind.load(path, other)
    with pytest.raises(CourseError, match="built on another base model"):
        method.on(other).__enter__()
    moved = case.kind.load(path, other, allow_other_base=True)
    assert all(torch.equal(tensor, moved.state_dict()[name]) for name, tensor in method.state_dict().items())
    assert logits_of(other, moved).isfinite().all()


def damaged(path, kind):
    content = path.read_bytes()
    if kind == "missing":
        path.unlink()
    elif kind == "a folder":
        path.unlink()
        path.mkdir()
    elif kind == "of another program":
        save_file({"weight": torch.ones(2)}, path)
    elif kind in ("without a tensor", "of other shapes", "without settings"):
        state, facts = load_file(path), {}
        with tiny_models.safe_open(path, "pt") as file:
            facts = file.metadata()
        name = sorted(state)[0]
        if kind == "without a tensor":
            del state[name]
        elif kind == "of other shapes":
            state[name] = torch.ones(2, 2, 2)
        else:
            facts["settings"] = "{"
        save_file(state, path, facts)
    else:
        path.write_bytes({"empty": b"", "cut short": content[:-10], "text": b"hello", "cut in its head": content[:20],
                          "zeros": bytes(len(content))}[kind])


@pytest.mark.parametrize("kind", ["missing", "a folder", "empty", "cut short", "cut in its head", "text", "zeros",
                                  "of another program", "without a tensor", "of other shapes", "without settings"])
@cases(lambda case: case.model == "gpt2" and case.method in ("full", "prompt", "lora", "loreft"))
def test_a_damaged_file_is_refused(case, kind, model, tokenizer, tmp_path):
    path = tmp_path / "method.safetensors"
    case.build(model, tokenizer).save(path)
    damaged(path, kind)
    with pytest.raises(CourseError, match="cannot be read as a saved method|holds no method of the c|does not fit"):
        case.kind.load(path, model)


@every
def test_the_seed_alone_decides_where_it_starts(case, model, tokenizer):
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    method = case.build(model, tokenizer)
    assert torch.equal(torch.random.get_rng_state(), state)  # nobody else's dice are thrown
    torch.manual_seed(2)
    one, same, other = (each.state_dict() for each in (method, *(case.build(model, tokenizer, n) for n in (0, 1))))
    equal = lambda a, b: all(torch.equal(a[name], b[name]) for name in a)
    assert equal(one, same)
    thrown = not torch.equal(method.generator.get_state(), torch.Generator().manual_seed(0).get_state())
    assert equal(one, other) == (not thrown)
    if not (thrown or issubclass(case.kind, Copies) or case.method.endswith("-text")):  # these hold the model's numbers
        assert all(((tensor == 0) | (tensor == 1)).all() for tensor in one.values()), "numbers that nobody drew"


def places_of(module) -> set[int]:
    """Where in memory its tensors are."""
    return {tensor.untyped_storage().data_ptr() for tensor in module.state_dict().values() if tensor.numel()}


@every
def test_the_model_is_no_part_of_the_method(case, model, tokenizer):
    method = case.build(model, tokenizer)
    size = sum(parameter.numel() * 4 for parameter in method.parameters())
    assert not places_of(method) & places_of(model)
    with method.on(model):
        assert not set(method.modules()) & set(model.modules())
        twin, pickled = copy.deepcopy(method), pickle.dumps(method)
        assert len(pickled) < size + 1_000 * (10 + len(method.state_dict()))
    again = pickle.loads(pickled)
    wanted = logits_of(model, method)
    assert torch.equal(logits_of(model, twin), wanted) and torch.equal(logits_of(model, again), wanted)
