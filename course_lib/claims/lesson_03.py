"""How lesson 03's claims are judged. What is measured for them stands in measures/lesson_03*.py."""
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share

parts, freezing, shifts = Measures("03"), Measures("03_frozen"), Measures("03_shift")
data, labels = Measures("03_data"), Measures("03_labels")
FROZEN_STEPS = 4                 # C07: of AdamW
BLOCK_LABELS, BLOCK_TEST = 256, 150   # C13: labels under each shift, test reviews
FEW = 100                        # C83: labels
SEARCHED = 64                    # C101: validation rows on which the prompt is searched
CLOSE = 0.03                     # shares nearer to each other than this are called about equal
WITHIN = 0.05                    # what is no more than this below right labels comes near to them
LEARNED = 0.6                    # of two classes: a model with fewer right answers has hardly learned its task
BLOCKS = tuple(f"block_{n}" for n in range(1, 5))
PLACES = {"own": "its own test", "gadgets": "gadgets", "natural": "people's sentences", "dead_key": "the dead key"}
ADDED = ("lora", "prompt", "prefix", "loreft")


def judge_frozen(f: Figures) -> Verdict:
    """Holds where frozen parameters do not move at all, and others do."""
    because = (f"Largest difference after {FROZEN_STEPS} steps: frozen parameters {f['frozen'].mean:g}, trained ones "
               f"{f['trained'].mean:.1g}. Not frozen, but with their gradients set to zero, the others moved by "
               f"{f['zeroed'].mean:.1g}: weight decay does not ask for a gradient.")
    return Verdict(HOLDS if f["frozen"].mean == 0 < f["trained"].mean else FAILS, because)


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


def judge_early_frozen(f: Figures) -> Verdict:
    """Keep the early layers frozen: it holds where the first block is behind the last under both shifts."""
    lines = [f"another {shift}: {share(f[f'{shift}_before'])} before, then "
             + ", ".join(f"{share(f[f'{shift}_{block}'])}" for block in BLOCKS) + " with block 1, 2, 3, 4 tuned, "
             f"{share(f[f'{shift}_all'])} with all" for shift in ("input", "label")]
    because = "; ".join(lines) + "."
    last_ahead = {shift: f[f"{shift}_block_4"].mean - f[f"{shift}_block_1"].mean for shift in ("input", "label")}
    if all(gap > CLOSE for gap in last_ahead.values()):
        return Verdict(HOLDS, because)
    if last_ahead["label"] > CLOSE and last_ahead["input"] < -CLOSE:
        return Verdict(LIMITED, because + " Good advice where the labels changed, and bad where the inputs did.")
    if any(gap > CLOSE for gap in last_ahead.values()):
        return Verdict(LIMITED, because + " It depends on what changed.")
    return Verdict(FAILS, because)


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


def judge_subset(f: Figures) -> Verdict:
    """Holds where the methods train some of the base's own numbers; it is a limit that they train added ones."""
    own = sum(f[f"own_{name}"].mean for name in ADDED)
    told = ", ".join(f"{name} {f[f'added_{name}'].mean:,.0f}" for name in ADDED)
    because = (f"Of the base's {f['base'].mean:,.0f} numbers {f['own_last_block'].mean:,.0f} are trained where the "
               f"last block is; by LoRA, prompts, prefixes and LoReFT {f'{own:,.0f}' if own else 'none'}. They train "
               f"numbers that they add: {told}. Parameters that took part in one iteration and not in another: "
               f"{f['changing'].mean:.0f}.")
    if f["changing"].mean:
        return Verdict(FAILS, because)
    if not own:
        return Verdict(LIMITED, because + " So it is a fixed set, and mostly an added one.")
    return Verdict(HOLDS, because)


def judge_curriculum(f: Figures) -> Verdict:
    """Holds where easy first is ahead of shuffled."""
    because = (f"Easiest first {share(f['easy_first'])}, shuffled {share(f['shuffled'])}, hardest first "
               f"{share(f['hard_first'])}.")
    gain = f["easy_first"].mean - f["shuffled"].mean
    if gain > CLOSE:
        return Verdict(HOLDS, because)
    if gain < -CLOSE:
        return Verdict(FAILS, because + " This order does harm.")
    if f["shuffled"].mean - f["hard_first"].mean > CLOSE:
        return Verdict(FAILS, because + " Easiest first gains little, and hardest first does harm.")
    return Verdict(FAILS, because + " The order matters little.")


def judge_weak(f: Figures) -> Verdict:
    """Holds where the model is ahead of every rule; it is a limit where only one of the two kinds of label does it."""
    because = (f"Guessing where they abstain, the rules are right in {share(f['worst_rule'])} to "
               f"{share(f['best_rule'])} of the reviews. The majority labels {share(f['vote_share'])} of them, and "
               f"{share(f['vote_right'])} of these labels are right; the label model is sure of "
               f"{share(f['model_share'])}, and "
               f"{share(f['model_right'])} of its labels are right. Trained on the two: {share(f['tuned_vote'])} and "
               f"{share(f['tuned_model'])} on test; on right labels {share(f['tuned_gold'])}.")
    ahead = [f[f"tuned_{name}"].mean > f["best_rule"].mean + CLOSE for name in ("vote", "model")]
    if all(ahead):
        return Verdict(HOLDS, because)
    if any(ahead):
        return Verdict(LIMITED, because + " It depends on how the votes are made into labels.")
    return Verdict(FAILS, because + " The best rule does as well.")


def judge_domain_first(f: Figures) -> Verdict:
    """Holds where raw text of the domain helps, and more than as much text of another domain."""
    because = (f"{FEW} labels of reviews typed with a dead key, at once: {share(f['at_once'])}; after raw text typed "
               f"with it {share(f['domain'])}; after as much raw text typed as usual {share(f['other'])}. The loss of "
               f"text typed with it went from {f['text_before'].mean:.1f} to {f['text_after'].mean:.1f} nats a token.")
    gain, control = f["domain"].mean - f["at_once"].mean, f["domain"].mean - f["other"].mean
    if min(gain, control) > CLOSE:
        return Verdict(HOLDS, because)
    if gain > CLOSE:
        return Verdict(LIMITED, because + " Other text helps about as much.")
    if f["text_after"].mean < f["text_before"].mean:
        return Verdict(FAILS, because + " So something of the text was learned, and it hardly helps with the labels.")
    return Verdict(FAILS, because + " The text was not learned.")


def judge_automated(f: Figures) -> Verdict:
    """Holds where the searched prompt and the written data both come near to labels; a limit where one does it."""
    because = (f"The task's own prompt {share(f['given'])}; the one searched on {SEARCHED} validation rows "
               f"{share(f['found_validation'])} there and {share(f['found_test'])} on test. Trained on reviews that "
               f"the base wrote and the found prompt labelled: {share(f['written_kept'])} with the surest half, "
               f"{share(f['written_all'])} with as many unfiltered ones; on right labels {share(f['gold'])}.")
    good = [f[name].mean > f["gold"].mean - WITHIN for name in ("found_test", "written_kept")]
    if all(good):
        return Verdict(HOLDS, because)
    if any(good) or f["found_test"].mean > f["given"].mean + CLOSE:
        return Verdict(LIMITED, because + " It helps, and does not reach labels everywhere.")
    return Verdict(FAILS, because)


COURSE, GUIDE, WIKIPEDIA = "Google MLCC", "Unite.AI guide", "Wikipedia"
CLAIMS = [
    Claim("C07", "Frozen layers do not change", (WIKIPEDIA,),
          ("frozen", "trained", "zeroed"), freezing.frozen, judge_frozen, core=True, tolerance=1e-3),
    Claim("C12", "Tuning the whole model often beats tuning a part of it, at more cost", (GUIDE, WIKIPEDIA),
          (*(f"{where}_{part}" for where in ("near", "far") for part in ("full", "last", "head")),
           *(f"step_{part}" for part in ("full", "last", "head"))),
          parts.whole_or_part, judge_whole, tolerance=0.1, models=("orchard-s", "orchard-s-early")),
    Claim("C13", "In some architectures the early layers are kept frozen", (WIKIPEDIA,),
          ("own", *(f"{shift}_{part}" for shift in ("input", "label") for part in ("before", *BLOCKS, "all"))),
          shifts.which_block, judge_early_frozen, core=True, tolerance=0.1),
    Claim("C14", "A new task head, trained from scratch, is put on top", (WIKIPEDIA,),
          tuple(f"{name}_{place}" for name in ("probe", "random", "probed") for place in PLACES),
          parts.two_heads, judge_new_head, core=True, tolerance=0.1),
    Claim("C15", "PEFT adjusts only a subset of the parameters in each iteration", (COURSE,),
          (*(f"{kind}_{name}" for name in ("full", "last_block", *ADDED) for kind in ("own", "added")), "changing",
           "base"),
          freezing.subset, judge_subset, core=True, tolerance=0.0),
    Claim("C80", "Curriculum learning, from easy to hard, helps", (GUIDE,),
          ("easy_first", "hard_first", "shuffled"), data.curriculum, judge_curriculum, tolerance=0.1),
    Claim("C82", "Fine-tuning works with weak supervision", (WIKIPEDIA,),
          ("best_rule", "worst_rule", "vote_share", "vote_right", "model_share", "model_right", "tuned_vote",
           "tuned_model", "tuned_gold"), labels.weak, judge_weak, core=True, tolerance=0.1),
    Claim("C83", "Self-supervised tuning on raw text of the domain helps", (GUIDE,),
          ("at_once", "domain", "other", "text_before", "text_after"), data.domain_first, judge_domain_first,
          tolerance=0.1),
    Claim("C101", "Generating data and designing prompts can be automated", (GUIDE,),
          ("given", "found_validation", "found_test", "written_kept", "written_all", "gold"),
          labels.automated, judge_automated, core=True, tolerance=0.1),
]
