# %% [markdown] title
# # Lesson 11 · More measurements
#
# Beside the main line of [lesson 11](11_offline.ipynb), for those who want to know.

# %% setup
from course_lib.lesson import start

lesson = start("11", more=True)

# %% [markdown] tail
# ## The long tail
#
# How much of a stream is found hangs on how many facts were answered ahead. The leading ones bring most; each further
# hundred brings less, and what is left are facts that hardly anybody asks for, each one another.

# %% tail-run
from course_lib import claims
from course_lib.display import percent, show_table
from course_lib.experiments.offline_matched import AHEADS, LIKE, STREAMS, WAYS

matched = claims.recorded("C74")
show_table([["found", *(percent(matched[f"ahead_{ahead}"].mean) for ahead in AHEADS)]],
           ["facts answered ahead", *(f"{ahead:,}" for ahead in AHEADS)],
           f"By the same words. Recorded, mean of {len(matched['ahead_50'].values)} seeds.")

# %% [markdown] even
# And if no fact leads? Then more of the stream was never answered ahead, and what is *nearly* the same lies more often:
# the nearest question is one about something else.

# %% even-run
def shown(name, way):
    """Found, right, and of the near matches those with another question's answer."""
    cells = [percent(matched[f"{name}_{way}_{what}"].mean) for what in ("found", "right")]
    return cells + [percent(matched[f"{name}_{way}_false"].mean) if way in LIKE else ""]


for name, asked in zip(STREAMS, ("A few facts lead", "All facts alike")):
    show_table([[way, *shown(name, way)] for way in WAYS],
               ["matched by", "found", "right", "near matches that are wrong"],
               f"{asked}. Recorded, mean of {len(matched['ahead_50'].values)} seeds.")

# %% quiz-alone
from course_lib.quiz import quiz

quiz("11.alone")

# %% [markdown] river
# ## Alarms of a library
#
# river is a library for streams. Its ADWIN and its Page-Hinkley test run here with the thresholds that they come with,
# over the same recorded streams as ours, in which labels turn half way.

# %% river-run
from course_lib.explore.recorded import drift_alarms as beside

def told(one):
    """Of each share that has turned: how many streams ring, and after how many rows half."""
    return [percent(rung) + f", after {rows:.0f}" * (rung > 0.5)
            for rung, rows in zip(one["rung"], one["rows"])]


show_table([[name, percent(one["false"]), *told(one)]
            for name, one in beside.read()["river"].items()],
           ["river, as it comes", "false alarms",
            *(f"{percent(share)} turned" for share in beside.SHARES)],
           f"Recorded: {beside.BESIDE:,} streams; the share that rings, the rows to half of them.")

# %% [markdown] river-said
# A threshold that somebody else chose promises nothing about *your* stream: with one for which hardly any false alarm
# is seen, you wait longer for the true one. Which of both costs more is for you to say, and `calibrate` holds you to
# it.

# %% [markdown] calibration
# ## Sure, and right?
#
# What a model expects of itself is as good as its *calibration*: of all answers with a confidence of eight in ten,
# are eight in ten right? The expected calibration error is how far confidence and share lie apart, bin by bin.

# %% calibration-run
import numpy as np

from course_lib.experiments.drift import KINDS, sample
from course_lib.explore.recorded import drift
from course_lib.monitoring import calibration_error, confidences

kept, rng = drift.read(), np.random.default_rng(lesson.seed)
futures = {kind: sample(kept.pools, kind, (4000,), rng) for kind in KINDS}
error = lambda one, temperature: calibration_error(confidences(one.logits, temperature),
                                                   1 - one.wrong)
show_table([[words, *(f"{error(futures[kind], temperature):.3f}"
                      for temperature in (1.0, kept.temperature))]
            for kind, words in KINDS.items()],
           ["what moves", "as it came", f"temperature {kept.temperature:.2f}"],
           "Expected calibration error over 4,000 answers each.")

# %% quiz-folk
from course_lib.quiz import quiz

quiz("11.folk_size")
