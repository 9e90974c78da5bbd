"""How lesson 06's claims are judged. What is measured for them stands in measures/lesson_06*.py."""
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share
from course_lib.display import percent

measures, algebra = Measures("06"), Measures("06_algebra")
RANK, ALPHA = 4, 8
LORA_RATE, FULL_RATE = 3e-3, 5e-4   # chosen from 0.001, 0.003, 0.01 and from 0.00025, 0.0005, 0.001
SHORT = 32                       # steps
# Each with a learning rate from 0.001, 0.003, 0.01, 0.03:
RANKS = {1: 1e-2, 4: LORA_RATE, 16: 3e-3}                      # rank: rate
CLOSE = 0.05                     # accuracies nearer to each other than this are called about equal
FEW = 0.01                       # the share that a few million are of some billions, at most
ROUNDING = 1e-4                  # logits nearer to each other than this differ by rounding alone


def judge_low_rank(f: Figures) -> Verdict:
    """Holds where the start and the frozen weights are exact, and the product is right within rounding."""
    because = (f"With B = 0 the logits differ from the base's by {f['start'].mean:g}; after training the hash of W₀ is "
               f"{'another one' if f['changed'].mean else 'the same'}; with the scaled BA added to W₀ by hand the "
               f"logits differ by {f['product'].mean:.0e}.")
    exact = f["start"].mean == 0 and f["changed"].mean == 0 and f["product"].mean < ROUNDING
    return Verdict(HOLDS if exact else FAILS, because)


def judge_counted(f: Figures) -> Verdict:
    """Holds where the count is the formula's, and fewer than the matrices have."""
    because = (f"On every linear layer of the blocks, r = {RANK}: the formula says {f['formula'].mean:,.0f}, counted "
               f"are {f['counted'].mean:,.0f}; the matrices themselves have {f['full'].mean:,.0f}.")
    right = f["formula"].mean == f["counted"].mean < f["full"].mean
    return Verdict(HOLDS if right else FAILS, because)


def judge_places(f: Figures) -> Verdict:
    """By what every layer gains over the last one alone, with as many parameters."""
    because = (f"With {f['fewest'].mean:,.0f} to {f['most'].mean:,.0f} trained parameters: every linear module of "
               f"every layer {share(f['all_layers'])}; of the last layer alone {share(f['one_layer'])}; query and "
               f"value of every layer {share(f['query_value'])}; queries alone {share(f['queries'])}.")
    gain = f["all_layers"].mean - f["one_layer"].mean
    if gain >= CLOSE:
        return Verdict(HOLDS, because)
    if gain > -CLOSE:
        return Verdict(LIMITED, because + " It can be in every layer, and here it need not be.")
    return Verdict(FAILS, because + " Here one layer does better than all.")


def judge_ranks(f: Figures) -> Verdict:
    """By the smallest share of the parameters that does about as well as all: a hundredth, a tenth, or more."""
    told = ", ".join(f"{share(f[f'rank_{r}'])} with {100 * f[f'share_{r}'].mean:.1f} % of the parameters (r = {r})"
                     for r in RANKS)
    because = f"{told}; {share(f['full'])} with all of them."
    enough = [f[f"share_{r}"].mean for r in RANKS if f[f"rank_{r}"].mean >= f["full"].mean - CLOSE]
    if enough and min(enough) <= FEW:
        return Verdict(HOLDS, because + " At most a hundredth is enough.")
    if enough and min(enough) <= 10 * FEW:
        return Verdict(LIMITED, because + " More than a hundredth is needed; in wider matrices the same rank is less.")
    return Verdict(FAILS, because + " Here a small share lags.")


NEAR_AND_FAR = (*(f"{where}_{what}" for where in ("near", "far")
                  for what in ("full", "lora", "before", "after_full", "after_lora")), "far_lora_near_rate")


def judge_near_and_far(f: Figures) -> Verdict:
    """Holds where LoRA is within 5 points of full on both, with a limit where it is so on one of them alone."""
    because = (f"With {100 * f['space'].mean:.1f} % of the bytes: near {share(f['near_lora'])} against "
               f"{share(f['near_full'])} for full fine-tuning; far {share(f['far_lora'])} against "
               f"{share(f['far_full'])}, each with a learning rate chosen for it (LoRA with the one of the near task: "
               f"{share(f['far_lora_near_rate'])}).")
    near, far = (f[f"{where}_full"].mean - f[f"{where}_lora"].mean for where in ("near", "far"))
    if max(near, far) <= CLOSE:
        return Verdict(HOLDS, because)
    if near <= CLOSE:
        return Verdict(LIMITED, because + " Near to pretraining it comes close, far from it it does not.")
    if far <= CLOSE:
        return Verdict(LIMITED, because + " It comes close in the longer training alone.")
    return Verdict(FAILS, because + " It does not come close.")


def judge_merging(f: Figures) -> Verdict:
    """Holds where merged LoRA answers the same at the base's cost."""
    extra = f["unmerged"].mean / f["base"].mean - 1
    because = (f"Merged, the logits differ by {f['difference'].mean:.0e}; one pass takes {f['merged'].mean / 1e6:,.0f} "
               f"million operations, the base's {f['base'].mean / 1e6:,.0f}, unmerged {100 * extra:.1f} % more. "
               f"Unmerging {'restores every bit' if f['restored'].mean == 1 else 'does not restore every bit'}.")
    same = f["difference"].mean < ROUNDING and f["merged"].mean == f["base"].mean
    return Verdict(HOLDS if same else FAILS, because)


def judge_rank_and_scale(f: Figures) -> Verdict:
    """Holds where r is the change's rank and alpha its scale."""
    because = (f"At r = {RANK} the change has rank {f['rank'].mean:.0f}; with twice the alpha it is "
               f"{f['scale'].mean:.2f} times as large. Twice the alpha at half the learning rate: after one step the "
               f"changes differ by {percent(f['first'].mean)}, after {SHORT} by {percent(f['last'].mean)}, and "
               f"{share(f['accuracy'])} against {share(f['traded'])} of the answers are right.")
    right = f["rank"].mean == RANK and abs(f["scale"].mean - 2) < 1e-3
    return Verdict(HOLDS if right else FAILS, because)


def judge_published(f: Figures) -> Verdict:
    """Holds where it runs as it was published."""
    word = lambda name: "runs" if f[name].mean == 1 else "raises an error"
    because = (f"On BERT the snippet with q_lin and v_lin {word('as_published')}; with query and value it "
               f"{word('names_mended')}; with q_lin and v_lin on DistilBERT it {word('model_mended')}.")
    return Verdict(HOLDS if f["as_published"].mean == 1 else FAILS, because)


def judge_no_merge_layer(f: Figures) -> Verdict:
    """Holds where LoRA works only once a layer has merged it in."""
    because = (f"Unmerged, LoRA moves the logits by up to {f['effect'].mean:.1f} already; merging moves them by "
               f"{f['difference'].mean:.0e} more and adds {f['added_layers'].mean:.0f} layers.")
    needed = f["effect"].mean == 0 or f["difference"].mean > ROUNDING or f["added_layers"].mean > 0
    if needed:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Merging is a choice, and it is a sum, no layer.")


GUIDE, WIKIPEDIA, LOREFT = "Unite.AI guide", "Wikipedia", "Unite.AI LoReFT"
CLAIMS = [
    Claim("C21", "W = W₀ + BA, with W₀ frozen", (GUIDE, WIKIPEDIA),
          ("start", "changed", "product"), algebra.low_rank, judge_low_rank, core=True, tolerance=1e-3),
    Claim("C22", "LoRA trains r · (d + k) parameters instead of d · k", (GUIDE,),
          ("formula", "counted", "full"), algebra.counted, judge_counted, tolerance=0.0),
    Claim("C23", "The low-rank matrices are injected in every layer", (GUIDE,),
          ("all_layers", "one_layer", "query_value", "queries", "fewest", "most"),
          measures.places, judge_places, tolerance=0.1),
    Claim("C24", "A model with billions of parameters is tuned with a few million", (WIKIPEDIA,),
          (*(f"rank_{r}" for r in RANKS), *(f"share_{r}" for r in RANKS), "full"),
          measures.ranks, judge_ranks, tolerance=0.1),
    Claim("C25", "It approaches full fine-tuning with less space", (WIKIPEDIA,),
          (*NEAR_AND_FAR, "space"), measures.near_and_far, judge_near_and_far, core=True, tolerance=0.1,
          models=("orchard-s", "orchard-s-early")),
    Claim("C26", "Merging leaves no overhead at inference", (LOREFT,),
          ("difference", "base", "unmerged", "merged", "restored"),
          algebra.merging, judge_merging, core=True, tolerance=1e-3),
    Claim("C28", "r is the rank of the change, alpha its scale", (GUIDE,),
          ("rank", "scale", "first", "last", "accuracy", "traded"),
          measures.rank_and_scale, judge_rank_and_scale, core=True,
          tolerance=0.1),
    Claim("C29", "The published peft snippet: bert-base with target modules q_lin and v_lin", (GUIDE,),
          ("as_published", "names_mended", "model_mended"),
          algebra.published, judge_published, core=True, tolerance=0.0,
          models=()),
    Claim("C31", "LoRA needs its outputs changed by a merge layer", (GUIDE,),
          ("effect", "difference", "added_layers"),
          algebra.no_merge_layer, judge_no_merge_layer, core=True, tolerance=0.01),
]
