"""Steering: a vector that is added to hidden states. Shapes: B texts, d width, N random vectors."""
import torch

from course_lib.architecture import blocks_of
from course_lib.claims.claim import LOREFT, Figures, claim, more, same, share
from course_lib.evaluation import old_domain_loss
from course_lib.experiments.hidden_states import SITE, STRENGTHS
from course_lib.methods import Steering
from course_lib.models import load_model
from course_lib.world.summing_up import OPENING, as_long, batch_of, margins, short_reviews, unfinished

WHERE = {"one": SITE["position"], "all": None}   # the place where the vector was read, and every place
PROMPTS = ("In short: full marks.\n{}", "It was superb.\n{}", "{} Full marks.", "{} It is superb.",
           "{} I was wrong: it is superb.")      # the rival: a review goes into the braces


@torch.no_grad()
def pushed(model, tokenizer, texts: list[str], push: torch.Tensor | None = None, place: int | None = None
           ) -> torch.Tensor:
    """How far "full" is ahead of "no" after each text, (B,), with push (d,) added at this place, or at every one."""
    def hook(block, inputs, h):                                                              # h (B, T, d)
        h = h.clone()
        h[:, slice(None) if place is None else place] += push
        return h

    batch, block = batch_of(tokenizer, texts), list(blocks_of(model).values())[SITE["layer"]]
    if push is None:
        return margins(tokenizer, model(**batch).logits)
    handle = block.register_forward_hook(hook)
    try:
        return margins(tokenizer, model(**batch).logits)
    finally:
        handle.remove()


def turned(found: torch.Tensor) -> float:
    """The share that is favourable."""
    return (found > 0).float().mean().item()


@claim("C59", "Fixed steering vectors control a model without training", (LOREFT,), lesson="08", tolerance=0.1,
       turned="We had found control at a price on old text: the price of adding the vector at every position.",
       question="Does a vector turn most unfavourable reviews round, none the wrong way, and no other text?",
       asks={"at one place, beyond random vectors": more(lambda f: f["one"] - f["one_control"], 0.5),
             "everywhere, beyond random vectors": more(lambda f: f["all"] - f["all_control"], 0.5),
             "the wrong way, at one place": same(lambda f: f["one_wrong"], 0.05),
             "the wrong way, everywhere": same(lambda f: f["all_wrong"], 0.05),
             "old text, everywhere": same(lambda f: f["loss_steered"] - f["loss_before"], 0.1, "nats a token")},
       figures=("before", *(f"{where}{what}" for where in WHERE for what in ("", "_control", "_wrong", "_strength")),
                "weak_wrong", "prompted", "loss_before", "loss_steered"))
def steer(seed: int) -> dict[str, float]:
    """Unfavourable reviews, steered with a mean difference, at one place or everywhere: the share called favourable.

    `*_control` is the mean of N random vectors as long. The `*_strength` is the weakest that gains most over it on
    validation reviews. `*_wrong`: the share of reviews, half of them favourable, that move the wrong way; `weak_wrong`:
    of the unfavourable ones, everywhere, with the weakest strength. `prompted`: with the best of the PROMPTS.
    """
    model, tokenizer = load_model("orchard-s")
    good, bad = (short_reviews("train", 64, seed, label)[0] for label in (1, 0))
    steering = Steering.from_texts(model, tokenizer, unfinished(good), unfinished(bad), SITE["layer"])
    v, random = steering.vector, as_long(steering.vector, seed)
    validation, test, praise = (short_reviews(split, n, seed, label)[0]
                                for split, n, label in (("validation", 30, 0), ("test", 80, 0), ("test", 80, 1)))
    margin = lambda texts, push=None, place=None: pushed(model, tokenizer, texts, push, place)
    called = lambda texts, strength, place: (
        turned(margin(texts, strength * v, place)),
        sum(turned(margin(texts, strength * one, place)) for one in random) / len(random))
    before, praised = margin(test), margin(praise)
    found = {"before": turned(before)}
    for where, place in WHERE.items():
        gains = {strength: steered - control for strength in STRENGTHS
                 for steered, control in [called(validation, strength, place)]}
        strength = max(gains, key=gains.get)
        found[where], found[f"{where}_control"] = called(test, strength, place)
        wrong = torch.cat([margin(test, strength * v, place) < before, margin(praise, strength * v, place) < praised])
        found |= {f"{where}_wrong": wrong.float().mean().item(), f"{where}_strength": strength}
    prompted = lambda prompt, texts: turned(margin([prompt.format(text.removesuffix(OPENING)) + OPENING
                                                    for text in texts]))
    steering.strength = found["all_strength"]
    loss = lambda method=None: old_domain_loss(model, tokenizer, method, n_documents=20)
    return found | {"weak_wrong": (margin(test, STRENGTHS[0] * v) < before).float().mean().item(),
                    "prompted": prompted(max(PROMPTS, key=lambda one: prompted(one, validation)), test),
                    "loss_before": loss(), "loss_steered": loss(steering)}


@steer.told
def tell_steer(f: Figures) -> str:
    """What is called favourable, what moves the wrong way, and the price."""
    told = "; ".join(f"{name} {share(f[where])} (strength {f[f'{where}_strength'].mean:.2g} by validation; random "
                     f"vectors {share(f[f'{where}_control'])}; {share(f[f'{where}_wrong'])} of all reviews move the "
                     "wrong way)" for where, name in (("one", "at one place"), ("all", "everywhere")))
    return (f"Of unfavourable reviews the model calls {share(f['before'])} favourable; steered {told}; with the best "
            f"of {len(PROMPTS)} prompts {share(f['prompted'])}. Pushed everywhere with strength {STRENGTHS[0]}, "
            f"{share(f['weak_wrong'])} move the wrong way. The loss on old text, steered everywhere, goes from "
            f"{f['loss_before'].mean:.2f} to {f['loss_steered'].mean:.2f} nats a token.")
