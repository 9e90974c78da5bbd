"""Full fine-tuning, LoRA and adapters, near to what a base knows and far from it."""
from course_lib.claims.claim import CLOSE, FAILS, GUIDE, HOLDS, LIMITED, LOREFT, Figures, Verdict, claim, share
from course_lib.evaluation import old_domain_loss
from course_lib.experiments import experiment, trained
from course_lib.experiments.adapters import SETTINGS, at, gap

METHODS = {"full": "full", "lora": "LoRA", "adapter": "adapters"}
IN = {"once": ("near", "640 reviews, read once"), "few": ("few", "128 reviews, read ten times"),
      "questions": ("questions", "512 questions")}  # the name of a setting, and it in words
LEARNED = 0.55                       # accuracy, at least: then it counts as more than guessing
OLD = 60                             # documents of the old world


def near_to_full(accuracy: float, full: float) -> bool:
    """Whether this is about equal to full fine-tuning, and that has learned something."""
    return full >= LEARNED and full - accuracy <= CLOSE


@claim("C19", "It matches full fine-tuning in many settings", (GUIDE, LOREFT), lesson="07", core=True, tolerance=0.1,
       figures=tuple(f"{setting}_{key}" for setting in IN for key in METHODS))
def near(seed: int) -> dict[str, float]:
    """Full fine-tuning, LoRA and adapters in three settings."""
    return {f"{name}_{key}": experiment(*at(where, key), seed) for name, (where, _) in IN.items() for key in METHODS}


@near.judged
def judge_near(f: Figures) -> Verdict:
    """Holds where LoRA and adapters come near to full fine-tuning in all settings; a limit: in some."""
    told, close = [], []
    for setting, (_, name) in IN.items():
        told.append(f"{name}: " + ", ".join(f"{word} {share(f[f'{setting}_{key}'])}" for key, word in METHODS.items()))
        close += [near_to_full(f[f"{setting}_{key}"].mean, f[f"{setting}_full"].mean) for key in ("lora", "adapter")]
    because = (f"Near to pretraining. {'; '.join(told)}. Within {100 * CLOSE:.0f} points of full: {sum(close)} of "
               f"{len(close)}.")
    return Verdict(HOLDS if all(close) else LIMITED if any(close) else FAILS, because)


@claim("C20", "It lags where the task is far from pretraining", (GUIDE,), lesson="07", core=True, tolerance=0.15,
       models=("orchard-s", "orchard-s-early"), figures=(
           *(f"{base}_{what}" for base in ("near", "far")
             for what in ("before", *(f"{name}{old}" for name in METHODS for old in ("", "_old")))),
           "near_probe", "far_probe", "untrained_probe"))
def distance(seed: int) -> dict[str, float]:
    """Full fine-tuning, LoRA and adapters on the late base and on the early one: accuracy, and the loss on old text.

    `before` is that loss of the bare base, `probe` a new head alone, on an untrained base as well.
    """
    found = {f"{base}_probe": experiment(*at(base, "head"), seed) for base in ("near", "far", "untrained")}
    for base in ("near", "far"):
        found[f"{base}_before"] = old_domain_loss(*SETTINGS[base].load(seed), n_documents=OLD)
        for name in METHODS:
            run = trained(*at(base, name), seed)
            found[f"{base}_{name}"] = experiment(*at(base, name), seed)
            found[f"{base}_{name}_old"] = old_domain_loss(run.model, run.tokenizer, run.method, n_documents=OLD)
    return found


@distance.judged
def judge_distance(f: Figures) -> Verdict:
    """Holds where the gap to the better of two is larger far from pretraining than near, by more than 5 points."""
    rows = {base: ", ".join(f"{name} {share(f[f'{base}_{key}'])}" for key, name in METHODS.items())
            for base in ("near", "far")}
    because = (f"Near (a new head alone finds {share(f['near_probe'])}): {rows['near']}. Far (a head alone: "
               f"{share(f['far_probe'])}): {rows['far']}.")
    if gap(f, "far") - gap(f, "near") > CLOSE:
        return Verdict(HOLDS, because)
    behind = [name for key, name in METHODS.items() if f["far_full"].mean - f[f"far_{key}"].mean > CLOSE]
    if behind:
        return Verdict(LIMITED, because + f" Far from pretraining {behind[0]} fell behind, the better of the two not.")
    return Verdict(FAILS, because + " Here neither lags by more.")
