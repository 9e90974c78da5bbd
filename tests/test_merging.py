"""Between two sets of weights, and sums of changes: worked by hand, as peft adds them, and refused by name."""
import peft
import pytest
import torch

from course_lib.errors import CourseError
from course_lib.merging import combine, interpolate, wise_ft
from course_lib.methods import BitFit, Frozen, FullFineTuning, LoRA, PromptTuning
from tests.closeness import NET, assert_near
from tests.tiny import tiny_model


def build(kind: str, seed: int = 0):
    return tiny_model(kind, 64, spread=0.2, context=32, seed=seed)


def moved(method, seed: int):
    """The method with other numbers than it began with."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return method


@pytest.fixture
def model():
    return build("llama")


def text(model):
    return {"input_ids": torch.arange(6)[None] + 3}


def logits(model, method) -> torch.Tensor:
    with torch.no_grad(), method.on(model):
        return method.logits(model, text(model))


def weights_with(model, method) -> dict[str, torch.Tensor]:
    """The model's weights with the method merged into them."""
    method.merge(model)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    method.unmerge(model)
    return state


def test_between_two_by_hand():
    start, end = {"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([3.0, -2.0])}
    assert interpolate(start, end, 0.25)["w"].tolist() == [1.5, 1.0]
    assert interpolate(start, end, 1.5, extrapolate=True)["w"].tolist() == [4.0, -4.0]
    assert interpolate(start, end, -1, extrapolate=True)["w"].tolist() == [-1.0, 6.0]


def test_the_two_ends_are_the_two_to_the_last_bit_and_stay_what_they_are():
    generator = torch.Generator().manual_seed(0)
    start, end = ({"w": torch.randn(50, generator=generator), "seen": torch.tensor(n)} for n in (3, 8))
    kept = {name: tensor.clone() for name, tensor in start.items()}
    for alpha, expected in ((0, start), (1, end)):
        found = interpolate(start, end, alpha)
        assert all(torch.equal(found[name], expected[name]) for name in expected)
        found["w"].zero_()
    assert torch.equal(start["w"], kept["w"])


def test_what_is_counted_is_taken_from_the_nearer_end():
    start, end = ({"seen": torch.tensor(seen), "on": torch.tensor(on)} for seen, on in ((3, True), (8, False)))
    assert [interpolate(start, end, alpha)["seen"].item() for alpha in (0.4, 0.5)] == [3, 8]
    assert interpolate(start, end, 0.4)["on"].item() is True


def test_a_tied_matrix_stays_one():
    shared = [torch.ones(3), torch.zeros(3)]
    start, end = ({"embedding": one, "head": one} for one in shared)
    found = interpolate(start, end, 0.5)
    assert found["embedding"] is found["head"]
    half = interpolate(start, {"embedding": shared[1], "head": shared[1].clone()}, 0.5)
    assert half["embedding"] is not half["head"]


@pytest.mark.parametrize("start, end, alpha, said", [
    ({"w": torch.ones(2)}, {"v": torch.ones(2)}, 0.5, "Only one of the two"),
    ({"w": torch.ones(2)}, {"w": torch.ones(3)}, 0.5, "different tokenizers"),
    ({"w": torch.ones(2)}, {"w": torch.ones(2).double()}, 0.5, "one precision"),
    ({}, {}, 0.5, "maps names to tensors"), ("a path", {}, 0.5, "maps names to tensors"),
    ({"w": torch.ones(2)}, {"w": torch.ones(2)}, 1.01, "extrapolate=True"),
    ({"w": torch.ones(2)}, {"w": torch.ones(2)}, float("nan"), "is a number"),
    ({"w": torch.ones(2)}, {"w": torch.ones(2)}, True, "is a number")])
def test_what_has_no_line_between_is_refused_by_name(start, end, alpha, said):
    with pytest.raises(CourseError, match=said):
        interpolate(start, end, alpha)


@pytest.mark.parametrize("build_one", [FullFineTuning, Frozen, lambda model: LoRA(model, rank=2)])
def test_wise_ft_is_the_line_between_the_weights(model, build_one):
    method = moved(build_one(model), 1)
    base, end = {name: tensor.clone() for name, tensor in model.state_dict().items()}, weights_with(model, method)
    for alpha in (0.0, 0.3, 1.0):
        found, expected = weights_with(model, wise_ft(model, method, alpha)), interpolate(base, end, alpha)
        for name in base:
            assert_near(found[name], expected[name], terms=8)


def test_tasks_are_added_subtracted_and_averaged(model):
    one, other = (moved(FullFineTuning(model), seed) for seed in (1, 2))
    base = dict(model.named_parameters())
    for weights in ((1, 1), (1, -1), (0.5, 0.5)):
        made = combine(model, [one, other], weights)
        for names, own, first, second in zip(one.names, made.copies, one.copies, other.copies):
            start = base[names[0]]
            assert_near(own, start + weights[0] * (first - start) + weights[1] * (second - start))


@pytest.mark.parametrize("way, rank", [("cat", None), ("svd", 6)])
def test_lora_is_added_as_peft_adds_its_products(model, way, rank):
    """By "linear" peft adds A and B on their own, each by the root of its weight: other products."""
    ours = [moved(LoRA(model, ("q_proj", "down_proj"), rank=r, alpha=a), r) for r, a in ((2, 4), (4, 2))]
    weights, theirs = (0.7, 0.4), None
    for place, one in enumerate(ours):
        config = peft.LoraConfig(r=one.rank, lora_alpha=one.settings["alpha"], target_modules=["q_proj", "down_proj"])
        if theirs is None:
            theirs = peft.get_peft_model(build("llama"), config, adapter_name="0")
        else:
            theirs.add_adapter(str(place), config)
        with torch.no_grad():
            for site, A, B in zip(one.sites, one.A, one.B):
                for part, own in (("A", A), ("B", B)):
                    theirs.get_parameter(f"base_model.model.{site}.lora_{part}.{place}.weight").copy_(own)
    theirs.add_weighted_adapter(["0", "1"], list(weights), "sum", combination_type=way,
                                **{"svd_rank": rank} if rank else {})
    theirs.set_adapter("sum")
    theirs.eval()
    with torch.no_grad():
        expected = theirs(**text(model)).logits
    made = combine(model, ours, weights, rank)
    assert made.rank == 6
    assert_near(logits(model, made), expected, **NET)


def test_lora_is_cut_to_its_strongest_directions(model):
    ours = [moved(LoRA(model, rank=3), seed) for seed in (1, 2)]
    whole, cut = combine(model, ours), combine(model, ours, rank=2)
    for place in range(len(whole.sites)):
        change = whole.B[place] @ whole.A[place]
        U, S, V = torch.linalg.svd(change)
        assert_near(cut.B[place] @ cut.A[place], U[:, :2] * S[:2] @ V[:2], terms=64)


def test_the_sum_is_a_method_like_others(model, tmp_path):
    made = combine(model, [moved(LoRA(model, rank=2), 1)], [-1])
    made.save(tmp_path / "less.safetensors")
    loaded = LoRA.load(tmp_path / "less.safetensors", model)
    assert torch.equal(logits(model, loaded), logits(model, made))


@pytest.mark.parametrize("methods, options, said", [
    (lambda m: [], {}, "one or more trained methods"),
    (lambda m: FullFineTuning(m), {}, "one or more trained methods"),
    (lambda m: [LoRA(m), FullFineTuning(m)], {}, "These are FullFineTuning, LoRA"),
    (lambda m: [PromptTuning(m, length=2)], {}, "one that changes weights"),
    (lambda m: [LoRA(m, num_labels=2)], {}, "began at random"),
    (lambda m: [LoRA(m)], {"weights": [1, 2]}, "1 methods and 2 weights"),
    (lambda m: [LoRA(m)], {"weights": ["1"]}, "is a number"),
    (lambda m: [LoRA(m, ("q_proj",)), LoRA(m, ("v_proj",))], {}, "same targets"),
    (lambda m: [Frozen(m), Frozen(m, ("model.norm",))], {}, "different parameters"),
    (lambda m: [FullFineTuning(m)], {"rank": 2}, "rank is for LoRA"),
    (lambda m: [LoRA(m)] * 9, {}, "strongest directions"),
    (lambda m: [LoRA(m)], {"rank": 0}, "rank must be at least 1"),
    (lambda m: [FullFineTuning(build("llama", seed=5))], {}, "another base model")])
def test_what_cannot_be_added_is_refused_by_name(model, methods, options, said):
    with pytest.raises(CourseError, match=said):
        combine(model, methods(model), **options)


def test_biases_are_added_too():
    model = build("gpt2")
    made = combine(model, [moved(BitFit(model), seed) for seed in (1, 2)], [0.5, 0.5])
    assert isinstance(made, BitFit)
