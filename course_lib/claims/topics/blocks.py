"""Which block to tune, where the inputs changed and where the labels did."""
from course_lib.claims.claim import FAILS, HOLDS, LIMITED, WIKIPEDIA, Figures, Verdict, claim, share
from course_lib.experiments.blocks import which_block
from course_lib.experiments.what_to_train import CLOSE

BLOCKS = tuple(f"block_{n}" for n in range(1, 5))


early_frozen = claim(
    "C13", "In some architectures the early layers are kept frozen", (WIKIPEDIA,), lesson="03", core=True,
    tolerance=0.1, figures=("own", *(f"{shift}_{part}" for shift in ("input", "label")
                                     for part in ("before", *BLOCKS, "all"))))(which_block)


@early_frozen.judged
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
