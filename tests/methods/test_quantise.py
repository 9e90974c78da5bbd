"""Quantisation: its levels, its rounding, what it keeps and what it refuses. LoRA on it stands in the contract test."""
import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from course_lib.errors import CourseError
from course_lib.methods import BitFit, Frozen, FullFineTuning, LoRA
from course_lib.models import weights_hash
from course_lib.quantise import (
    LEVELS,
    QuantisedLinear,
    decode,
    encode,
    int4_levels,
    nf4_levels,
    pack,
    quantise,
    size_in_bytes,
    unpack,
)
from tests.closeness import NET, apart, assert_near
from tests.methods.contract import changed, nudged, outputs
from tests.methods.tiny_models import Case, batch_of

# QLoRA, appendix E (arXiv:2305.14314)
PUBLISHED = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
             -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
             0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]
THEIRS = load_file(Path(__file__).parent / "data" / "bitsandbytes.safetensors")
MATRICES = sorted({name.partition(".")[0] for name in THEIRS if "." in name})
SCHEMES = pytest.mark.parametrize("scheme", LEVELS)
MODELS = pytest.mark.parametrize("name", ["llama", "gpt2", "bert", "distilbert"])


def test_the_levels_of_nf4_are_the_published_ones():
    assert_near(nf4_levels(), torch.tensor(PUBLISHED), depth=2)  # theirs were made in float32: an erf, and a division
    assert_near(nf4_levels(), THEIRS["levels"], depth=2)
    assert nf4_levels()[7] == 0 and nf4_levels()[[0, -1]].tolist() == [-1, 1]


def test_the_levels_of_int4_are_evenly_spaced_and_symmetric():
    levels = int4_levels()
    assert len(levels) == 15 and levels[7] == 0 and torch.equal(levels, -levels.flip(0)) and levels[-1] == 1
    assert_near(levels.diff(), torch.full((14,), 1 / 7), size=1)


def test_a_block_by_hand():
    """int4, blocks of 4: [0.1, -0.7, 0.3, 0.05 | 2.0, -1.1]

    Block 1 has the scale 0.7, so one step is 0.1: the numbers are 1, -7, 3 and 0.5 steps, which becomes 0 (the lower),
    that is the codes 8, 0, 10, 7. The last block is shorter: its scale is 2.0, a step 2/7 = 0.2857; 7 steps, and
    -1.1 / 0.2857 = -3.85, so -4: the codes 14 and 3. Back: 0.1, -0.7, 0.3, 0; 2.0, -4 * 2/7 = -1.142857.
    """
    weight = torch.tensor([[0.1, -0.7, 0.3], [0.05, 2.0, -1.1]])
    codes, scales = encode(weight, int4_levels(), 4)
    assert codes.tolist() == [8, 0, 10, 7, 14, 3] and scales.tolist() == [torch.tensor(0.7).item(), 2.0]
    assert pack(codes).tolist() == [8 * 16 + 0, 10 * 16 + 7, 14 * 16 + 3]
    assert_near(decode(codes, scales, int4_levels(), 4), [0.1, -0.7, 0.3, 0.0, 2.0, -8 / 7])


@pytest.mark.parametrize("name", MATRICES)
def test_nf4_is_that_of_bitsandbytes(name):
    given = {key: THEIRS[f"{name}.{key}"] for key in ("weight", "block", "packed", "scales", "back")}
    block = given["block"].item()
    codes, scales = encode(given["weight"], nf4_levels(), block)
    assert torch.equal(codes, unpack(given["packed"], codes.numel())) and torch.equal(scales, given["scales"])
    back = decode(codes, scales, nf4_levels(), block).view_as(given["weight"])
    assert_near(back, given["back"], depth=2)  # the levels are rounded, and their products with the scales


@SCHEMES
@pytest.mark.parametrize("n", [1, 2, 7, 64, 101])
@pytest.mark.parametrize("block_size", [1, 3, 64, 500, 10**12])
def test_each_number_goes_to_the_nearest_level_of_its_block(scheme, n, block_size):
    weight, levels = torch.randn(1, n, generator=torch.Generator().manual_seed(n)), LEVELS[scheme]()
    codes, scales = encode(weight, levels, block_size)
    assert codes.dtype == torch.uint8 and torch.equal(unpack(pack(codes), n), codes)
    assert len(pack(codes)) == (n + 1) // 2 and len(scales) == -(-n // block_size)
    for place, value in enumerate(weight[0]):
        block = weight[0, place // block_size * block_size:][:block_size]
        assert scales[place // block_size] == block.abs().max()
        away = (value - levels * block.abs().max()).abs()
        assert away[codes[place].item()] <= away.min() + 1e-6
    again = encode(decode(codes, scales, levels, block_size)[None], levels, block_size)
    assert torch.equal(again[0], codes)  # rounding what is round changes nothing
    assert_near(again[1], scales)


@SCHEMES
def test_zero_is_exact_and_a_block_of_zeros_stays_one(scheme):
    weight = torch.tensor([[0.0, 0.0, 0.0, 0.0, 3.0, 0.0]])
    codes, scales = encode(weight, LEVELS[scheme](), 4)
    assert torch.equal(decode(codes, scales, LEVELS[scheme](), 4), weight[0])


@SCHEMES
@MODELS
@torch.no_grad()
def test_a_new_model_reads_the_matrices_that_its_codes_stand_for(scheme, name, base):
    model = base(name)
    new = quantise(model, scheme, block_size=50)
    layers = {path: module for path, module in new.named_modules() if isinstance(module, QuantisedLinear)}
    plain = copy.deepcopy(model)
    for path, module in layers.items():
        weight = plain.get_submodule(path).weight
        turned = module.weight.T if name == "gpt2" else module.weight
        assert weight.shape == turned.shape and not torch.equal(weight, turned)
        codes, scales = encode(weight.T.contiguous() if name == "gpt2" else weight, LEVELS[scheme](), 50)
        assert torch.equal(module.scales, scales) and torch.equal(module.codes, pack(codes))
        weight.copy_(turned)
    assert_near(outputs(new, batch_of()), outputs(plain, batch_of()), **NET)
    inside = {path.removesuffix(".weight") for path, weight in model.named_parameters()
              if weight.dim() == 2 and (".layer." in path or ".layers." in path or ".h." in path)}
    assert set(layers) == inside  # all of the blocks' matrices, and nothing else
    assert not set(new.parameters()) & set(model.parameters())


def test_the_hash_tells_models_schemes_and_block_sizes_apart(base):
    model = base("llama")
    made = [quantise(model, scheme, block_size) for scheme in LEVELS for block_size in (32, 64)]
    hashes = [weights_hash(one) for one in [model, *made]]
    assert len(set(hashes)) == 5 and weights_hash(quantise(model, "nf4", 32)) == hashes[1]
    layer = made[0].model.layers[1].mlp.down_proj
    for buffer in (layer.codes, layer.scales):
        before = weights_hash(made[0])
        buffer[3] += 1
        assert weights_hash(made[0]) != before


def test_lora_of_one_base_is_refused_on_another(base, tmp_path):
    model = base("llama")
    nf4, int4 = quantise(model), quantise(model, "int4")
    LoRA(nf4).save(tmp_path / "lora.safetensors")
    for other in (model, int4):
        with pytest.raises(CourseError, match="trained on another base model"):
            LoRA.load(tmp_path / "lora.safetensors", other)
    LoRA.load(tmp_path / "lora.safetensors", quantise(model))
    lora = LoRA.load(tmp_path / "lora.safetensors", model, allow_other_base=True)  # as the error of `merge` says
    lora.merge(model)
    lora.unmerge(model)


def test_bytes_are_half_a_byte_a_number_and_a_scale_a_block(base):
    model = base("llama")
    new = quantise(model, block_size=64)
    linears = [module for module in new.modules() if isinstance(module, QuantisedLinear)]
    n = sum(module.in_features * module.out_features for module in linears)
    expected = size_in_bytes(model) - 4 * n + n // 2 + 4 * n // 64 + len(linears) * 16 * 4
    assert size_in_bytes(new) == expected
    assert size_in_bytes(model) == sum(parameter.nbytes for parameter in model.parameters())  # tied: once


@SCHEMES
@torch.no_grad()
def test_smaller_blocks_round_less(scheme):
    weight = torch.randn(128, 128, generator=torch.Generator().manual_seed(0))
    levels = LEVELS[scheme]()
    errors = [(decode(*encode(weight, levels, size), levels, size) - weight.flatten()).square().mean().item()
              for size in (16, 64, 256, 1024)]
    assert errors == sorted(errors)


@torch.no_grad()
def test_it_runs_in_other_precisions(base, tokenizer):
    new = quantise(base("llama"))
    wanted = outputs(new, batch_of())
    assert_near(outputs(copy.deepcopy(new).double(), batch_of()), wanted, **NET)
    method = nudged(Case("llama", "lora"), new, tokenizer)
    assert apart(changed(new, method, batch_of()), wanted, **NET)


REFUSED = [({"scheme": "nf5"}, "no scheme called 'nf5'. Did you mean 'nf4'.*Known: int4, nf4"),
           ({"scheme": None}, "no scheme called None"), ({"scheme": ["nf4"]}, "no scheme called .'nf4'"),
           ({"block_size": 0}, "block_size must be at least 1"),
           ({"block_size": 2.5}, "block_size must be"), ({"block_size": True}, "block_size must be")]


@pytest.mark.parametrize("settings, said", REFUSED, ids=str)
def test_settings(settings, said, base):
    with pytest.raises(CourseError, match=said):
        quantise(base("llama"), **settings)


def test_models_that_cannot_be_quantised(base):
    model = base("llama")
    with pytest.raises(CourseError, match="quantise needs a loaded model; you gave None"):
        quantise(None)
    with pytest.raises(CourseError, match="quantised already.*Quantise the model that it was made from"):
        quantise(quantise(model))
    with LoRA(model).on(model), pytest.raises(CourseError, match="LoRA is attached.*leave its .* before you quantise"):
        quantise(model)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_rounded(value, base):
    model = copy.deepcopy(base("llama"))
    model.model.layers[1].mlp.up_proj.weight.data[0, 0] = value
    with pytest.raises(CourseError, match="holds nan or inf, which no level is near to"):
        quantise(model)


@pytest.mark.parametrize("weight, block_size, said", [
    ([0.5], 4, "tensor of floats"), (torch.arange(4), 4, "tensor of floats"), (torch.zeros(0), 4, "tensor of floats"),
    (torch.ones(4), 0, "block_size must be at least 1"), (torch.ones(4), 2.0, "block_size must be at least 1")])
def test_what_cannot_be_encoded(weight, block_size, said):
    with pytest.raises(CourseError, match=said):
        encode(weight, nf4_levels(), block_size)


def test_only_what_is_stored_has_a_size():
    with pytest.raises(CourseError, match="What has a size is a model or a method; you gave 'orchard-s'"):
        size_in_bytes("orchard-s")


@pytest.mark.parametrize("name, build", [
    ("llama-nf4", FullFineTuning), ("llama-nf4", Frozen),
    ("llama-nf4", lambda model: Frozen(model, ("model.layers.1",))),
    ("llama-nf4", lambda model: Frozen(model, ("model.layers.1.self_attn.q_proj",))), ("gpt2-int4", FullFineTuning),
    ("gpt2-int4", BitFit), ("bert-nf4", lambda model: Frozen(model, ("encoder",)))])
def test_the_models_own_weights_cannot_be_trained_where_they_are_codes(name, build, base):
    with pytest.raises(CourseError, match="trains the model's own weights, and those of .* are 4-bit codes.*LoRA, or"):
        build(base(name))


def test_what_is_no_code_can_be_trained(base):
    model = base("llama-nf4")
    assert Frozen(model, ("model.norm", "lm_head")).names and Frozen(model, (), num_labels=2).names == []
