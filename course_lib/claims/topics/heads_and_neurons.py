"""Which parts of a model one application needs: what the tuned teacher can still do without some of them."""
import torch

from course_lib.claims.claim import GOOGLE, Figures, claim, same, share
from course_lib.distillation import importance, least, prune
from course_lib.evaluation import old_domain_loss
from course_lib.experiments import score, stars, trained
from course_lib.experiments.draws import shuffled
from course_lib.world import load_task

GONE, HALF = (25, 50, 75), 50  # per cent of the heads, or of the neurons, that are taken out


def without(model, part: str, ranks: torch.Tensor, gone: int):
    """The model without `gone` per cent of its heads or neurons, those with the lowest ranks."""
    return prune(model, **{part: least(ranks, round(gone / 100 * ranks.numel()))})


@claim("C67", "Large parts of a large model do not matter to one application", (GOOGLE,), lesson="04",
       every=False, question=f"Can {HALF} % of the heads, or of the neurons, go at no more than 5 points of the task?",
       asks={f"without {HALF} % of the {part}": same(lambda f, part=part: f[f"{part}_{HALF}"] - f["whole"], 0.05)
             for part in ("heads", "neurons")},
       tolerance=0.2, models=("orchard-m",),
       figures=("whole", *(f"{part}_{gone}" for part in ("heads", "neurons") for gone in GONE), "heads_random",
                "neurons_random", "loss_whole", "loss_heads", "loss_neurons"))
def parts(seed: int) -> dict[str, float]:
    """The teacher without its least important heads or neurons, and without as many that chance has drawn."""
    taught = trained(stars.TEACHING, stars.TEACHER, seed)
    tokenizer, test = taught.tokenizer, taught.test
    scores = importance(taught.model, tokenizer, shuffled(load_task("stars")["train"], 64, seed=seed), taught.method)
    big, _ = stars.TEACHING.load(seed)
    taught.method.merge(big)
    generator = torch.Generator().manual_seed(seed)
    found = {"whole": score(big, tokenizer, test), "loss_whole": old_domain_loss(big, tokenizer, n_documents=30)}
    for part, given in (("heads", scores.heads), ("neurons", scores.neurons)):
        small = {gone: without(big, part, given, gone) for gone in GONE}
        found |= {f"{part}_{gone}": score(one, tokenizer, test) for gone, one in small.items()}
        by_chance = without(big, part, torch.rand(given.shape, generator=generator), HALF)
        found |= {f"{part}_random": score(by_chance, tokenizer, test),
                  f"loss_{part}": old_domain_loss(small[HALF], tokenizer, n_documents=30)}
    return found


@parts.told
def tell_parts(f: Figures) -> str:
    """The shares by what is gone, and what it does to other text."""
    told = {part: ", ".join(f"{share(f[f'{part}_{gone}'])} without {gone} %" for gone in GONE)
            for part in ("heads", "neurons")}
    return (f"Whole: {share(f['whole'])} right. Heads, the least important ones: {told['heads']} (without {HALF} % "
            f"drawn by chance {share(f['heads_random'])}). Neurons: {told['neurons']} (by chance "
            f"{share(f['neurons_random'])}). Loss on ordinary text: {f['loss_whole'].mean:.2f} whole, "
            f"{f['loss_heads'].mean:.2f} and {f['loss_neurons'].mean:.2f} without {HALF} %. Against the whole:")
