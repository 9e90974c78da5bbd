"""The whole or a part, and a new head: what is trained, near to pretraining and far from it."""
from dataclasses import replace

from course_lib.claims.claim import FAILS, GUIDE, HOLDS, LIMITED, WIKIPEDIA, Figures, Verdict, claim, share
from course_lib.cost import cost
from course_lib.experiments import arm, learn, score, trained
from course_lib.experiments.what_to_train import CLOSE, FAR, HEAD_RATES, NEAR, PART_RATES
from course_lib.methods import Frozen, FullFineTuning
from course_lib.shifts import dead_key
from course_lib.world import load_task

HEAD = {"train": (), "num_labels": 2}        # a head alone
PARTS = {"full": (FullFineTuning, {}), "last": (Frozen, {"reuse": True}), "head": (Frozen, {"reuse": True, **HEAD})}
HEADS = replace(NEAR, labels=64)             # C14
LEARNED = 0.6                                # of two classes: a model with fewer right answers has hardly learned
PLACES = {"own": "its own test", "gadgets": "gadgets", "natural": "people's sentences", "dead_key": "the dead key"}


@claim("C12", "Tuning the whole model often beats tuning a part of it, at more cost", (GUIDE, WIKIPEDIA), lesson="03",
       tolerance=0.1, models=("orchard-s", "orchard-s-early"),
       figures=(*(f"{where}_{part}" for where in ("near", "far") for part in PARTS),
                *(f"step_{part}" for part in PARTS)))
def whole_or_part(seed: int) -> dict[str, float]:
    """Full fine-tuning, the last block, a head: right answers near to pretraining and far from it; operations."""
    found = {}
    for where, setting in (("near", NEAR), ("far", FAR)):
        for part, (method, options) in PARTS.items():
            run = trained(setting, arm(method, PART_RATES[where, part], **options), seed)
            found[f"{where}_{part}"] = score(run.model, run.tokenizer, run.test, run.method)
            if where == "near":
                batch = setting.train_rows(run.tokenizer, seed).select(range(setting.batch))
                found[f"step_{part}"] = cost(run.model, run.tokenizer, batch, run.method).step
    return found


@whole_or_part.judged
def judge_whole(f: Figures) -> Verdict:
    """Holds where full is ahead of the better part, near and far, with a limit where it is so in one of the two."""
    cost = {part: f[f"step_{part}"].mean / f["step_full"].mean for part in ("last", "head")}
    told = "; ".join(f"{where}: full {share(f[f'{where}_full'])}, last block {share(f[f'{where}_last'])}, head alone "
                     f"{share(f[f'{where}_head'])}" for where in ("near", "far"))
    because = (f"{told}. A step of the last block takes {100 * cost['last']:.0f} % of the operations of a full one, a "
               f"step of the head {100 * cost['head']:.0f} %.")
    ahead = [f[f"{where}_full"].mean - max(f[f"{where}_last"].mean, f[f"{where}_head"].mean) > CLOSE
             for where in ("near", "far")]
    if all(ahead):
        return Verdict(HOLDS, because)
    if any(ahead):
        return Verdict(LIMITED, because + f" It is ahead {'near' if ahead[0] else 'far'} alone.")
    return Verdict(FAILS, because + " A part is as good here.")


@claim("C14", "A new task head, trained from scratch, is put on top", (WIKIPEDIA,), lesson="03", core=True,
       tolerance=0.1, figures=tuple(f"{name}_{place}" for name in ("probe", "random", "probed") for place in PLACES))
def two_heads(seed: int) -> dict[str, float]:
    """A probe, full fine-tuning from its head, and from a random one: at home and on three kinds of strangers.

    The random head is given the probe's steps as well, so both ways take as many in all.
    """
    model, tokenizer = HEADS.load(seed)
    rows, test = HEADS.train_rows(tokenizer, seed), HEADS.test_rows()
    probe = Frozen(model, **HEAD, seed=seed)
    random, probed = (FullFineTuning(model, num_labels=2, seed=seed) for _ in range(2))
    learn(model, tokenizer, probe, rows, HEAD_RATES["probe"], seed, HEADS, reuse=True)
    probed.head.load_state_dict(probe.head.state_dict())
    learn(model, tokenizer, random, rows, HEAD_RATES["random"], seed, HEADS, steps=2 * HEADS.steps)
    learn(model, tokenizer, probed, rows, HEAD_RATES["probed"], seed, HEADS)
    places = {"own": test, "gadgets": HEADS.test_rows(split="shifted"), "natural": load_task("natural")["test"],
              "dead_key": dead_key(test)}
    return {f"{name}_{place}": score(model, tokenizer, where, method)
            for name, method in (("probe", probe), ("random", random), ("probed", probed))
            for place, where in places.items()}


@two_heads.judged
def judge_new_head(f: Figures) -> Verdict:
    """Holds where a model with a new head learns its task; a limit where it should have been trained alone first."""
    told = "; ".join(f"{called} {share(f[f'random_{place}'])} against {share(f[f'probed_{place}'])}"
                     for place, called in PLACES.items())
    because = (f"Everything tuned from a random head against a probed one, with as many steps: {told}. The head alone: "
               f"{share(f['probe_own'])} on its own test.")
    if min(f["probe_own"].mean, f["random_own"].mean) < LEARNED:
        return Verdict(FAILS, because + " The task is not learned so.")
    home, *strangers = (f[f"probed_{place}"].mean - f[f"random_{place}"].mean for place in PLACES)
    if home > CLOSE:
        return Verdict(LIMITED, because + " It works, and better at home already where it was trained alone first.")
    if sum(strangers) / len(strangers) > CLOSE:
        return Verdict(LIMITED, because + " At home it does no harm that it starts at random, with strangers it does.")
    return Verdict(HOLDS, because + " Here a random head does as well.")
