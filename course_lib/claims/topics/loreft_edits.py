"""LoReFT's edits: which states they change, in which directions, and whether they overlap.

Shapes: B texts, T tokens, d width, r rank.
"""
import torch

from course_lib.architecture import blocks_of
from course_lib.claims.claim import CONSTRUCTED, WIKIPEDIA, Figures, claim, less, more, same
from course_lib.claims.claim import LOREFT as TEXT
from course_lib.display import percent
from course_lib.experiments import arm, trained, tuned
from course_lib.experiments.loreft import LOREFT, SHORT
from course_lib.methods import LoReFT
from course_lib.methods.base.prompt_edits import orthonormal_rows
from course_lib.models import load_model, weights_hash
from course_lib.world import load_task
from course_lib.world.summing_up import batch_of, short_reviews, states

PAPER_PLACES, PAPER_TOKENS = 7, 100   # its commonsense runs: positions at each end; the prompt they are a share of
FEW = 0.01                            # "under 1 %"
RANK = 4                              # LoReFT's own
ROUNDING = 1e-4
SETTINGS = {"last_block": "the last position after the last block", "ours": "first and last position, every block",
            "paper": f"the paper's first {PAPER_PLACES} and last {PAPER_PLACES}, every block"}


@claim("C48", "The base is frozen, and under 1 % of the representations are edited", (WIKIPEDIA, TEXT), lesson="08",
       core=True, kind=CONSTRUCTED, tolerance=1e-3, question="Are fewer than 1 % of the hidden states edited?",
       asks={f"beyond {100 * FEW:.0f} %, {name}": less(lambda f, key=key: f[key] - FEW, 1e-6, "percent")
             for key, name in SETTINGS.items()}, figures=("ours", "last_block", "paper", "tokens"))
def edited_share(seed: int) -> dict[str, float]:
    """The share of all hidden states after a block that LoReFT edits; the seed plays no part."""
    model, tokenizer = load_model("orchard-s")
    prompts = tokenizer(load_task("reviews")["test"]["prompt"][:200])["input_ids"]
    T, blocks = sum(map(len, prompts)) / len(prompts), len(blocks_of(model))
    share = lambda method, T: len({layer for layer, _ in method.sites}) * (method.prefix + method.suffix) / (blocks * T)
    return {"ours": share(LoReFT(model), T), "last_block": share(LoReFT(model, [blocks - 1], prefix=0), T),
            "paper": share(LoReFT(model, prefix=PAPER_PLACES, suffix=PAPER_PLACES), PAPER_TOKENS), "tokens": T}


@edited_share.told
def tell_edited_share(f: Figures) -> str:
    """The share of each setting."""
    told = "; ".join(f"{name}: {100 * f[key].mean:.2g} %" for key, name in SETTINGS.items())
    return (f"Edited are, of the hidden states of a prompt of {f['tokens'].mean:.0f} tokens, in the paper's runs of "
            f"{PAPER_TOKENS}: {told}.")


@claim("C49", "LoReFT edits within a subspace of rank r: LoRA's counterpart", (WIKIPEDIA, TEXT), lesson="08",
       core=True, kind=CONSTRUCTED, tolerance=1e-3,
       question="Does a trained edit lie within the rows of R, with every weight as it was?",
       asks={"outside of the rows of R": same(lambda f: f["outside"], ROUNDING, "of an edit"),
             "outside of as many random directions": more(lambda f: f["elsewhere"], 0.1, "of an edit"),
             "rank of the edits, less r": same(lambda f: f["rank"] - RANK, 0.5, "dimensions"),
             "weights changed": same(lambda f: f["changed"], 0.5, "(1 for yes)")},
       figures=("outside", "elsewhere", "rank", "changed"))
def row_space(seed: int) -> dict[str, float]:
    """What a trained LoReFT's edit has outside of the row space of R, as a share of the edit; and the edits' rank.

    `elsewhere`: outside of as many random directions, its control.
    """
    run = trained(SHORT, LOREFT, seed)
    method, base = run.method, load_model("orchard-s")[0]
    outside, elsewhere, rank = 0.0, 1.0, 0
    share = lambda edit, R: ((edit - edit @ R.T @ R).norm() / edit.norm()).item()
    h = states(run.model, batch_of(run.tokenizer, short_reviews("test", 60, seed)[0]), 1)[:, :, 0]  # (blocks, B, d)
    with torch.no_grad():
        for site, (layer, _) in enumerate(method.sites):
            edit, R = method.edit(site, h[layer], None) - h[layer], method.R[site]           # (B, d), (r, d)
            other = orthonormal_rows(torch.randn(R.T.shape, generator=torch.Generator().manual_seed(seed)))
            outside, elsewhere = max(outside, share(edit, R)), min(elsewhere, share(edit, other))
            rank = max(rank, torch.linalg.matrix_rank(edit, rtol=1e-4).item())
    return {"outside": outside, "elsewhere": elsewhere, "rank": rank,
            "changed": float(weights_hash(run.model) != weights_hash(base))}


@row_space.told
def tell_row_space(f: Figures) -> str:
    """What lies outside, and the rank."""
    return (f"Of a trained edit {100 * f['outside'].mean:.4f} % lies outside of the {RANK} rows of R, and "
            f"{percent(f['elsewhere'].mean)} or more outside of {RANK} random directions; the edits of all texts have "
            f"rank {f['rank'].mean:.0f} together, and the hash of the weights is "
            f"{'another one' if f['changed'].mean else 'the same'}.")


@claim("C51", "Interventions on one layer act on disjoint positions with independent parameters", (TEXT,),
       lesson="08", kind=CONSTRUCTED, tolerance=0.1,
       question="Do the edits of a block's first and last positions share a position or a parameter?",
       asks={"positions in common": same(lambda f: f["both"], 0.5, "positions"),
             "parameters in common": same(lambda f: f["shared"], 0.5, "parameters")},
       figures=("both", "shared", "order"))
def disjoint(seed: int) -> dict[str, float]:
    """Positions that two interventions of a layer both edit, parameters that they share, and what order would matter.

    `both` counts them in reviews, and in prompts of 1 to 8 tokens, in which the first and the last 3 meet.
    `order`: two edits of the same vector, one after the other both ways; how far apart they end, as a share of an edit.
    """
    run = trained(SHORT, arm(LoReFT, tuned(SHORT, LOREFT).rate, prefix=3, suffix=3), seed)
    method, batch = run.method, batch_of(run.tokenizer, short_reviews("test", 20, seed)[0])
    short = torch.ones(8, 8).tril().flip(1).bool()                                           # (B, T), left padding
    both = sum((places["prefix"] & places["suffix"]).sum().item() for places in map(
        method.places, (batch["attention_mask"].bool(), short)))
    own = [{parameter[site].data_ptr() for parameter in (method.raw, method.W, method.b)} for site in (0, 1)]
    h = states(run.model, batch, 1)[0, :, 0]                                                     # (B, d), after block 0
    with torch.no_grad():
        first, second = (lambda x, site=site: method.edit(site, x, None) for site in (0, 1))
        apart = (second(first(h)) - first(second(h))).norm() / (first(h) - h).norm()
    return {"both": both, "shared": len(own[0] & own[1]), "order": apart.item()}


@disjoint.told
def tell_disjoint(f: Figures) -> str:
    """What they have in common, and what order would do."""
    return (f"The edits of a block's first and last positions have {f['both'].mean:.0f} positions, even in prompts "
            f"that are too short for both, and {f['shared'].mean:.0f} parameters in common. On the same vector their "
            f"order would matter: the two orders end {percent(f['order'].mean)} of an edit apart.")
