"""What full fine-tuning changed in every matrix of the blocks, and what is left of it at a lower rank.

    .venv/bin/python -m course_lib.explore.recorded.ranks      writes data/rank_MODEL.safetensors, a few minutes

Shapes: a matrix is (d_out, d_in), M matrices, R ranks, S singular values of each.
"""
import copy
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from course_lib.errors import unknown

MODELS = {"orchard-s": "near", "orchard-s-early": "far"}  # the base, and how far reviews are from its pretraining
RANKS = (0, 1, 2, 4, 8, 16, 32, 64, 128)
SHIPPED = "model.layers.2.self_attn.v_proj"               # the one matrix whose whole change ships
LABELS, STEPS, BATCH, RATE, TEST = 1000, 200, 16, 1e-3, 200


@dataclass(frozen=True)
class Update:
    """One run of full fine-tuning: `delta` is W - W0 of `SHIPPED`, and all else is about every matrix of the blocks.

    `names[m]` has the shape `shapes[m]` and the singular values `singular[m]`. `accuracy[r]` is the share of right
    answers among `TEST` test reviews with each change cut to rank r; `control[r]` with r random directions instead of
    the best ones; `full` with all that training changed, embeddings and norms too; `bare` with nothing of it.
    """

    model: str
    delta: torch.Tensor
    names: tuple[str, ...]
    shapes: tuple[tuple[int, int], ...]
    singular: torch.Tensor
    accuracy: dict[int, float]
    control: dict[int, float]
    full: float
    bare: float
    command: str


def path_of(model: str) -> Path:
    return Path(__file__).parent / "data" / f"rank_{model}.safetensors"


@cache
def update(model: str = "orchard-s") -> Update:
    """The recorded change of this model; CourseError names the models that have one."""
    from safetensors import safe_open

    if not isinstance(model, str) or model not in MODELS:
        raise unknown("recorded change of a model", model, MODELS)
    with safe_open(path_of(model), "pt") as file:
        facts = json.loads(file.metadata()["facts"])
        delta, singular = file.get_tensor("delta").float(), file.get_tensor("singular").float()
    by_rank = lambda shares: {int(rank): share for rank, share in shares.items()}
    return Update(model, delta, tuple(facts["names"]), tuple(map(tuple, facts["shapes"])), singular,
                  by_rank(facts["accuracy"]), by_rank(facts["control"]), facts["full"], facts["bare"],
                  facts["command"])


def cut(delta, rank: int):
    """The nearest matrix of this rank: its `rank` strongest directions. (d_out, d_in) -> (d_out, d_in)"""
    U, S, V = torch.linalg.svd(delta, full_matrices=False)       # (d_out, S), (S,), (S, d_in)
    return U[:, :rank] * S[:rank] @ V[:rank]


def cut_at_random(delta, rank: int, generator):
    """The control: what the change does to inputs in `rank` random directions, and nothing elsewhere."""
    Q, _ = torch.linalg.qr(torch.randn(delta.shape[1], rank, generator=generator))   # (d_in, rank)
    return delta @ Q @ Q.T


def measure(name: str) -> tuple[dict, dict]:
    """Trains once; the tensors and the facts that are kept."""
    from course_lib.architecture import blocks_of
    from course_lib.experiments import Setting, arm, score, trained
    from course_lib.methods import FullFineTuning

    setting = Setting(base=name, labels=LABELS, draw="first", steps=STEPS, batch=BATCH, test=TEST)
    run = trained(setting, arm(FullFineTuning, RATE), seed=0)
    model = copy.deepcopy(run.model)                             # one to change
    right = lambda model, method=None: score(model, run.tokenizer, run.test, method)
    first = {names[0]: tuned.detach() for names, tuned in zip(run.method.names, run.method.copies)}
    inside = tuple(blocks_of(model))
    before = {key: weight.detach().clone() for key, weight in model.named_parameters()
              if key.startswith(inside) and weight.dim() == 2}
    deltas = {key: first[key] - weight for key, weight in before.items()}
    found = {"full": right(run.model, run.method), "bare": right(model), "accuracy": {}, "control": {}}
    generator = torch.Generator().manual_seed(0)
    for rank in RANKS:
        for kind in ("accuracy", "control"):
            with torch.no_grad():
                for key, weight in before.items():
                    delta = deltas[key]
                    kept = cut(delta, rank) if kind == "accuracy" else cut_at_random(delta, rank, generator)
                    model.get_parameter(key).copy_(weight + kept)
            found[kind][rank] = right(model)
    names = [key.removesuffix(".weight") for key in deltas]
    tensors = {"delta": deltas[f"{SHIPPED}.weight"].half(),                                   # (128, 128)
               "singular": torch.stack([torch.linalg.svdvals(delta) for delta in deltas.values()]).half()}  # (M, S)
    return tensors, {"names": names, "shapes": [list(delta.shape) for delta in deltas.values()], **found,
                     "command": ".venv/bin/python -m course_lib.explore.recorded.ranks"}


def main() -> None:
    """Measures both models, and writes their files."""
    from safetensors.torch import save

    from course_lib.files import write_bytes

    for name in MODELS:
        tensors, facts = measure(name)
        path_of(name).parent.mkdir(exist_ok=True)
        write_bytes(path_of(name), save(tensors, {"facts": json.dumps(facts)}))
        print(name, {key: facts[key] for key in ("bare", "full", "accuracy", "control")}, flush=True)


if __name__ == "__main__":
    main()
