"""The whole or a part, and a new head: what is trained, near to pretraining and far from it."""
from course_lib.claims.claim import GUIDE, WIKIPEDIA, Figures, claim, highest, more, same, share
from course_lib.cost import cost
from course_lib.experiments import experiment, score, trained
from course_lib.experiments.new_head import PROBE, RANDOM, probed
from course_lib.experiments.short_reviews import FAR, NEAR, PARTS
from course_lib.shifts import dead_key

WHERE = {"near": NEAR, "far": FAR}
PLACES = {"own": "its own test", "dead_key": "the dead key"}


def ahead(where: str):
    """By how much the whole is ahead of the better part."""
    return more(lambda f: f[f"{where}_full"] - highest(f[f"{where}_last"], f[f"{where}_head"]), 0.02)


@claim("C12", "Tuning the whole model often beats tuning a part of it, at more cost", (GUIDE, WIKIPEDIA), lesson="03",
       question="Is the whole, in as many steps, ahead of the better of its last block and a head alone?",
       asks={"near to pretraining": ahead("near"), "far from it": ahead("far")},
       learns=False, tolerance=0.1, models=("orchard-s", "orchard-s-early"),
       figures=(*(f"{where}_{part}" for where in WHERE for part in PARTS), *(f"step_{part}" for part in PARTS)))
def whole_or_part(seed: int) -> dict[str, float]:
    """Full fine-tuning, the last block, a head: right answers near to pretraining and far from it; operations."""
    found = {f"{where}_{part}": experiment(setting, one, seed)
             for where, setting in WHERE.items() for part, one in PARTS.items()}
    model, tokenizer = NEAR.load(seed)
    batch = NEAR.train_rows(tokenizer, seed).select(range(NEAR.batch))
    return found | {f"step_{part}": cost(model, tokenizer, batch, one.build(model, tokenizer, seed)).step
                    for part, one in PARTS.items()}


@whole_or_part.told
def tell_whole(f: Figures) -> str:
    """The shares, and what a step of a part costs."""
    told = "; ".join(f"{where}: full {share(f[f'{where}_full'])}, last block {share(f[f'{where}_last'])}, head alone "
                     f"{share(f[f'{where}_head'])}" for where in WHERE)
    part = {part: (f[f"step_{part}"] / f["step_full"]).mean for part in ("last", "head")}
    return (f"{told}. A step of the last block takes {100 * part['last']:.0f} % of the operations of a full one, a "
            f"step of the head {100 * part['head']:.0f} %. Full against the better part:")


def lost(place: str):
    """What a random head brings against a probed one."""
    return same(lambda f: f[f"random_{place}"] - f[f"probed_{place}"], 0.03)


@claim("C14", "A new task head, trained from scratch, is put on top", (WIKIPEDIA,), lesson="03", core=True,
       question="Does everything tuned from a random head do as well as from one that was trained alone first?",
       turned="It held: the means were close. The interval with the dead key allows a clear lead of the probed head.",
       asks={called: lost(place) for place, called in PLACES.items()},
       tolerance=0.1, figures=tuple(f"{name}_{place}" for name in ("probe", "random", "probed") for place in PLACES))
def two_heads(seed: int) -> dict[str, float]:
    """A head alone, everything from a random head, and from the trained one: at home and with the dead key.

    The random head is given the probe's steps as well, so both ways see as many rows; each has a rate of its own.
    """
    probe, random = trained(*PROBE, seed), trained(*RANDOM, seed)
    places = {"own": probe.test, "dead_key": dead_key(probe.test)}
    return {f"{name}_{place}": score(probe.model, probe.tokenizer, rows, method)
            for name, method in (("probe", probe.method), ("random", random.method), ("probed", probed(seed)))
            for place, rows in places.items()}


@two_heads.told
def tell_new_head(f: Figures) -> str:
    """The shares."""
    told = "; ".join(f"{called} {share(f[f'random_{place}'])} from a random head, {share(f[f'probed_{place}'])} from a "
                     f"probed one" for place, called in PLACES.items())
    return (f"Everything tuned, with as many rows seen: {told}. The head alone: {share(f['probe_own'])} and "
            f"{share(f['probe_dead_key'])}. A random head against a probed one:")
