"""Interchange: a hidden state of one text is swapped into another. Shapes: B texts, d width."""
import torch

from course_lib.claims.claim import LOREFT, Figures, claim, highest, more, share
from course_lib.experiments.hidden_states import SITE
from course_lib.methods import Interchange
from course_lib.models import load_model
from course_lib.world.summing_up import batch_of, favourable, said, short_reviews


@claim("C61", "A consistent effect of interchange shows a causal role", (LOREFT,), lesson="08", core=True,
       tolerance=0.1, figures=("before", "swapped", "same", "noise", "elsewhere", "kept", "back"),
       question="Does the answer follow the source, both ways, beyond what any other change of the state does?",
       asks={"beyond the highest of the controls": more(lambda f: f["swapped"] - highest(
                 f["before"], f["same"], f["noise"], f["elsewhere"]), 0.1),
             "the other way round": more(lambda f: f["kept"] - f["back"], 0.1)})
@torch.no_grad()
def causes(seed: int) -> dict[str, float]:
    """Unfavourable reviews with a hidden state of a favourable one swapped in, the other way round, and the controls.

    `same`: the state of another unfavourable one. `noise`: as long a step as the real swap's, in a random direction.
    `elsewhere`: the favourable one's state at the next place, after the same block. `kept`: favourable reviews as they
    are; `back`: with an unfavourable one's state.
    """
    model, tokenizer = load_model("orchard-s")
    good, bad, other = (batch_of(tokenizer, short_reviews("test", 80, draw, label)[0])
                        for label, draw in ((1, seed), (0, seed), (0, seed + 500)))
    swap, next_place = Interchange(model, **SITE), Interchange(model, **SITE | {"position": -1})
    with swap.on(model):
        swap.prepare(bad | {"source": good})
        h_good = swap.source                                                                 # (B, d)
        inputs = swap.prepare(bad | {"source": bad})
        step = torch.randn(h_good.shape, generator=torch.Generator().manual_seed(seed))
        step *= (h_good - swap.source).norm(dim=1, keepdim=True) / step.norm(dim=1, keepdim=True)
        swap.source = swap.source + step
        noise = favourable(tokenizer, model(**inputs).logits)
    swapped = lambda base, source, method=swap: said(model, tokenizer, base | {"source": source}, method)
    return {"before": said(model, tokenizer, bad), "swapped": swapped(bad, good), "same": swapped(bad, other),
            "noise": noise, "elsewhere": swapped(bad, good, next_place), "kept": said(model, tokenizer, good),
            "back": swapped(good, bad)}


@causes.told
def tell_causes(f: Figures) -> str:
    """What is called favourable, with the swap and with each control."""
    return (f"Unfavourable reviews called favourable: {share(f['before'])} as they are; {share(f['swapped'])} with "
            f"a favourable one's state swapped in; {share(f['same'])} with another unfavourable one's; "
            f"{share(f['noise'])} with a random step as long; {share(f['elsewhere'])} with the swap one place "
            f"further. Favourable ones: {share(f['kept'])} as they are, {share(f['back'])} with an unfavourable "
            "one's state.")
