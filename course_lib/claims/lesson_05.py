"""How lesson 05's claims are judged. What is measured for them stands in measures/lesson_05*.py."""
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share

measures, prefix = Measures("05"), Measures("05_prefix")
LENGTH = 20
CLEAR = 0.1    # a gain of as much is called one
CLOSE = 0.05   # shares nearer to each other than this are called about equal
TOKEN = 0.9    # a vector with a higher cosine to a token is that token, about
FEW, FEW_KB = 10_000, 20  # more is not "a few thousand" parameters, not "a few KB"
WIDE = 12_288  # the width of the largest GPT-3


def judge_not_text(f: Figures) -> Verdict:
    """Holds where the vectors are no tokens (`TOKEN`) and their nearest tokens do not do their work (`CLOSE`)."""
    because = (f"The mean cosine to the nearest token is {f['cosine']}; started from the label words it is "
               f"{f['cosine_labels']}. The vectors are right in {share(f['accuracy'])}; the tokens nearest to them, "
               f"in their place, in {share(f['as_text'])}.")
    away, needed = f["cosine"].mean < TOKEN, f["accuracy"].mean - f["as_text"].mean > CLOSE
    if away and needed:
        return Verdict(HOLDS, because)
    if away or needed:
        return Verdict(LIMITED, because + (" They are no tokens, but tokens do as well." if away else
                                           " They are close to tokens, and yet more than those."))
    return Verdict(FAILS, because + " They could as well be text.")


def judge_untouched(f: Figures) -> Verdict:
    """Holds where nothing but the prompt has a gradient, and not a bit of the model changes."""
    same = f["others"].mean == 0 and f["changed"].mean == 0
    because = (f"Trained are {f['trained'].mean:,.0f} parameters. Of the model's own tensors {f['others'].mean:.0f} "
               f"got a gradient, and the hash of its weights is {'another one' if f['changed'].mean else 'the same'} "
               "after training.")
    return Verdict(HOLDS if same else FAILS, because)


def judge_size(f: Figures) -> Verdict:
    """Holds where it is true of our model and of the width 12,288 (`FEW`, `FEW_KB`), with a limit where of one."""
    fits = [f[a].mean < FEW and f[b].mean < FEW_KB for a, b in (("parameters", "kb"), ("wide_parameters", "wide_kb"))]
    because = (f"{LENGTH} vectors have {f['parameters'].mean:,.0f} parameters in our model, a file of "
               f"{f['kb'].mean:,.0f} KB; at the width {WIDE:,} they have {f['wide_parameters'].mean:,.0f}, in 16 bits "
               f"{f['wide_kb'].mean:,.0f} KB.")
    if all(fits):
        return Verdict(HOLDS, because)
    if any(fits):
        return Verdict(LIMITED, because + (" True of a small model, not of the large one." if fits[0] else
                                           " True of the large model, not of ours."))
    return Verdict(FAILS, because)


def judge_swapped(f: Figures) -> Verdict:
    """Holds where both prompts gain ten points or more (`CLEAR`) and each row of a mixed batch keeps its own answer."""
    gains = [f[name].mean - f[f"bare_{name}"].mean >= CLEAR for name in ("reviews", "spam")]
    because = (f"One frozen model, two prompts: reviews {share(f['reviews'])} right (bare {share(f['bare_reviews'])}), "
               f"spam {share(f['spam'])} (bare {share(f['bare_spam'])}). In a mixed batch the logits are "
               f"{'the same within rounding' if f['apart'].mean < 1e-3 else 'others'}.")
    if not any(gains) or f["apart"].mean >= 1e-3:
        return Verdict(FAILS, because)
    if not all(gains):
        return Verdict(LIMITED, because + " Only one of the prompts helps.")
    return Verdict(HOLDS, because)


def judge_steering(f: Figures) -> Verdict:
    """Holds where the prefix gains ten points or more (`CLEAR`) and gets more attention than an even share."""
    gains, seen = f["prefix"].mean - f["bare"].mean >= CLEAR, f["mass"].mean > f["even"].mean
    because = (f"A prefix of {LENGTH} positions in every block, started from a trained prompt ({share(f['prompt'])} "
               f"right), is right in {share(f['prefix'])}; the bare model in {share(f['bare'])}. Trained directly, it "
               f"is right in {share(f['direct'])}, and in {share(f['direct_seen'])} of the rows that it learned from. "
               f"It gets {share(f['mass'])} of the attention, before training {share(f['before'])}; an even share is "
               f"{share(f['even'])}.")
    if gains and seen:
        return Verdict(HOLDS, because)
    if gains:
        more = f["mass"].mean - f["before"].mean > CLOSE
        return Verdict(LIMITED, because + (" It draws attention, though less than an even share." if more else
                                           " It helps without drawing attention."))
    if seen:
        return Verdict(LIMITED, because + " It is looked at, and the answers gain little.")
    return Verdict(FAILS, because)


def told_starts(f: Figures) -> str:
    """The accuracies of all starts."""
    return (f"Right after training: {share(f['random'])} from a random start, {share(f['vocabulary'])} from drawn "
            f"tokens, {share(f['labels'])} from the label words; the bare model {share(f['bare'])}, a prompt for a "
            f"model with random weights {share(f['untrained_model'])}.")


def judge_design(f: Figures) -> Verdict:
    """Does not hold where a start that nobody designed learns (`CLEAR`) about as well as the label words (`CLOSE`)."""
    plain = max(f["random"].mean, f["vocabulary"].mean)
    if plain - f["bare"].mean < CLEAR:
        return Verdict(HOLDS, told_starts(f) + " Without a designed start nothing is learned.")
    if f["labels"].mean - plain > CLOSE:
        return Verdict(LIMITED, told_starts(f) + " A start that nobody designed works, and a designed one is better.")
    return Verdict(FAILS, told_starts(f) + " A start that nobody designed does as well.")


def judge_random_start(f: Figures) -> Verdict:
    """Holds where a random start is about as good as the best one (`CLOSE`), with a limit where it learns at all."""
    best = max(f["vocabulary"].mean, f["labels"].mean)
    if f["random"].mean >= best - CLOSE:
        return Verdict(HOLDS, told_starts(f) + " A random start is as good as another.")
    if f["random"].mean - f["bare"].mean >= CLEAR:
        return Verdict(LIMITED, told_starts(f) + " A random start learns, and is not the best one.")
    return Verdict(FAILS, told_starts(f) + " One can start at random; with so few steps hardly anything is learned.")


def judge_equal_budget(f: Figures) -> Verdict:
    """Holds where the better of LoRA and the shorter prefix is more than five points (`CLOSE`) ahead."""
    because = (f"With the same labels and steps, and at most {LENGTH * 128:,} parameters: prompt {share(f['prompt'])}, "
               f"prefix {share(f['prefix'])}, LoRA {share(f['lora'])} right. With {LENGTH * 1024:,} parameters: a "
               f"prefix of {LENGTH} positions {share(f['prefix_20'])}. Full fine-tuning: {share(f['full'])}.")
    ahead = max(f["lora"].mean, f["prefix"].mean) - f["prompt"].mean
    if ahead > CLOSE:
        return Verdict(HOLDS, because)
    if ahead > -CLOSE:
        return Verdict(LIMITED, because + " They are about equal here.")
    return Verdict(FAILS, because + " Here the prompt is ahead.")


def judge_overhead(f: Figures) -> Verdict:
    """Holds where a prompt costs a tenth more or above (`CLEAR`)."""
    because = (f"{LENGTH} vectors before {f['tokens'].mean:.0f} tokens: {f['ratio'].mean:.2f} times the operations of "
               f"reading without them; (P + n) / n is {f['formula'].mean:.2f}.")
    return Verdict(HOLDS if f["ratio"].mean >= 1 + CLEAR else FAILS, because)


SIZES = ("xs", "s", "m")


def judge_ladder(f: Figures) -> Verdict:
    """Holds where the gap to full fine-tuning shrinks by more than five points (`CLOSE`) with every size."""
    gaps = {size: f[f"full_{size}"].mean - f[f"prompt_{size}"].mean for size in SIZES}
    told = [f"{size}: prompt {share(f[f'prompt_{size}'])}, full {share(f[f'full_{size}'])}" for size in SIZES]
    because = f"Right on reviews, by the size of the model: {'; '.join(told)}."
    if gaps["xs"] - gaps["m"] <= CLOSE:
        return Verdict(FAILS, because + " The gap does not narrow with size here; no model of ours is large, and no "
                                        "run long.")
    if gaps["xs"] - gaps["s"] <= CLOSE or gaps["s"] - gaps["m"] <= CLOSE:
        return Verdict(LIMITED, because + " The gap narrows from the smallest to the largest, not at every step.")
    return Verdict(HOLDS, because + " The gap narrows with size; how it ends at 175 billion we cannot see.")


EXPLAINER, GUIDE, ARTICLE = "Prompt-tuning explainer", "Unite.AI guide", "Unite.AI LoReFT"
TUNED = 0.2  # a training run of few steps ends elsewhere on another machine
START_FIGURES = ("bare", "random", "vocabulary", "labels", "untrained_model")
CLAIMS = [
    Claim("C37", "The vectors live in the embedding space and are not text", (EXPLAINER,),
          ("cosine", "cosine_labels", "accuracy", "as_text"),
          measures.not_text, judge_not_text, core=True, tolerance=TUNED),
    Claim("C38", "The backbone is untouched; only the prompt is updated", (EXPLAINER, GUIDE),
          ("trained", "others", "changed"), measures.untouched, judge_untouched, core=True, tolerance=0.0),
    Claim("C39", "20 tokens are a few thousand parameters, a few KB", (EXPLAINER,),
          ("parameters", "kb", "wide_parameters", "wide_kb"), measures.size, judge_size, core=True, tolerance=0.01),
    Claim("C40", "Swap the prompt to change the task (sentiment, then spam)", (EXPLAINER,),
          ("bare_reviews", "reviews", "bare_spam", "spam", "apart"), measures.swapped, judge_swapped, core=True,
          tolerance=TUNED),
    Claim("C41", "Prefix vectors steer attention", (GUIDE,),
          ("bare", "direct", "direct_seen", "prompt", "prefix", "mass", "before", "even"),
          prefix.steering, judge_steering,
          tolerance=TUNED),
    Claim("C42", "Prompt tuning needs carefully designed prompts", (GUIDE,),
          START_FIGURES, measures.starts, judge_design, core=True, tolerance=TUNED),
    Claim("C43", "Soft tokens start random", (ARTICLE,), START_FIGURES,
          measures.starts, judge_random_start, tolerance=TUNED),
    Claim("C44", "Prompt-based methods are often worse than other PEFT", (ARTICLE,),
          ("prompt", "prefix", "prefix_20", "lora", "full"),
          measures.equal_budget, judge_equal_budget, tolerance=TUNED),
    Claim("C45", "Prompts add a notable overhead at inference", (ARTICLE,),
          ("tokens", "ratio", "formula"), measures.overhead, judge_overhead, tolerance=0.01),
    Claim("C46", "Prompt tuning is practical for very large models (175B)", (EXPLAINER,),
          tuple(f"{what}_{size}" for size in SIZES for what in ("prompt", "full")),
          measures.ladder, judge_ladder, core=True,
          tolerance=TUNED, models=("orchard-xs", "orchard-s", "orchard-m")),
]
