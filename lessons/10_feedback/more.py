# %% [markdown] title
# # Lesson 10 · More measurements
#
# Beside the main line of [lesson 10](10_feedback.ipynb), for those who want to know.

# %% setup
from course_lib.lesson import start

lesson = start("10", more=True)

# %% load
from course_lib.display import percent, say, show_table
from course_lib.experiments import (
    feedback,
    feedback_more,
    feedback_more_told,
    feedback_paths,
)

SETTING = feedback.Feedback()                        # as in the lesson

# %% ground
here = feedback.ground(SETTING, lesson.seed)         # reviews, and all answers to them
pairs = feedback.asked(SETTING, here, here.reference, SETTING.clicks, lesson.seed)
reward = feedback.reward_of(here, pairs)             # learned from these clicks

# %% [markdown] groups
# ## Without a value model: RLOO and GRPO
#
# PPO asks a *value model* what was to be expected, and learns from what came better. Two later methods ask nobody:
# they write several answers to **one** review, and compare each with the others. In *RLOO* the others' mean is what was
# expected ([Ahmadian et al. 2024](https://arxiv.org/abs/2402.14740)). *GRPO* also divides by the group's spread
# ([Shao et al. 2024](https://arxiv.org/abs/2402.03300)).

# %% [markdown] groups-fair
# One reward model for all three, one KL coefficient, one learning rate, and equally many answers. Each is looked at
# half way and at its end. They do not go equally far in the same time, so they are compared at one distance, as far as
# all of them came; between two looks, on the straight line.

# %% groups-path
BETA, RATE, TURNS, ANSWERS = 0.3, 3e-3, 10, 32


def path_of(name):
    """What is seen of a training: of the base, half way, and at the end."""
    policy = feedback.policy_of(SETTING, here, lesson.seed)
    seen, watch = feedback_paths.looks(here, reward, policy, every=TURNS // 2)
    feedback.further(here, reward, policy, name, BETA, RATE, lesson.seed,
                     iterations=TURNS, answers=ANSWERS, watch=watch)
    return seen

# %% groups-ppo
paths = {"PPO": path_of("PPO")}

# %% groups-grpo
paths["GRPO"] = path_of("GRPO")

# %% groups-rloo
paths["RLOO"] = path_of("RLOO")

# %% groups-plot
from course_lib.plots import show
from course_lib.plots.frontier import rewards_by_distance
from course_lib.preference import frontier

kl, found = feedback_more.at_one_distance(here, reward, paths)
points = {name: [(seen["kl"], seen["learned"], seen["true"]) for seen in path]
          for name, path in paths.items()}
furthest = max(nats for path in points.values() for nats, *_ in path)
best = frontier(here.own, reward.scores(here.test_states), here.true,
                [2 ** (power / 4) for power in range(-4, 16)])
best = [one for one in best if one[0] <= 1.1 * furthest]
show(rewards_by_distance({feedback_more.BEST: best}, points),
     alt=f"Learned and true reward by KL. At {kl:.1f} nats, learned and true: " + "; ".join(
         f"{name} {learned:.2f} and {true:.2f}" for name, (learned, true) in found.items()),
     caption=f"One run each; rewards are exact, over n = {len(here.tests)} reviews. Black: the "
             "best policy there is by the learned reward, and what it is truly worth.")

# %% groups-table
show_table([[name, f"{learned:.2f}", f"{true:.2f}"] for name, (learned, true) in found.items()],
           [f"at {kl:.1f} nats", "learned reward", "true reward"], "At their ends: " + ", ".join(
               f"{name} {path[-1]['kl']:.1f} nats" for name, path in paths.items()))
say(feedback_more_told.told_distance(kl, found))

# %% [markdown] groups-needs
# What does each need? PPO a second thing to train, which has to be right before it helps; here it is a line through the
# base's last state, in large models a second large model. The other two need a group of answers to each review, so the
# same number of answers comes from fewer reviews.

# %% groups-needs-run
from course_lib.preference import GRPO, PPO

weights = sum(one.numel() for one in PPO(here.states.shape[-1]).value.parameters())
group = GRPO().group
say(f"PPO: a value model of {weights} numbers, and answers to {ANSWERS} reviews a turn. GRPO and "
    f"RLOO: nothing, and {group} answers each to {ANSWERS // group} reviews. One run and one "
    "rate do not put them in order; a search for the rate of each might.")

# %% [markdown] epochs
# ## DPO, epoch by epoch
#
# DPO has no reward model, so nothing is there to be exploited? Its own reward can be driven too far all the same: large
# models got worse far from the base, often before they had seen all of their pairs once
# ([Rafailov et al. 2024](https://arxiv.org/abs/2406.02900)). Here are a few pairs, seen again and again, at a low price
# beta and a high rate.

# %% epochs-run
few, steps, epochs = feedback_more.first(pairs, 192), 12, 4          # 16 pairs a step
dpo = feedback.policy_of(SETTING, here, lesson.seed)
seen, watch = feedback_paths.looks(here, reward, dpo, every=steps)
_, history = feedback.by_pairs(SETTING, here, few, 0.05, 2e-3, lesson.seed, policy=dpo,
                               steps=steps * epochs, watch=watch)

# %% epochs-table
at = {what: feedback_more.by_epoch(history, steps, what)
      for what in ("loss", "chosen", "rejected")}
show_table([[str(epoch), f"{loss:.2f}" if epoch else "–", f"{one['kl']:.2f}",
             f"{one['learned']:.2f}", f"{one['true']:.2f}", percent(one["outside"])]
            for epoch, (one, loss) in enumerate(zip(seen, at["loss"]))],
           ["epoch", "loss", "KL (nats)", "learned reward", "true reward", "other texts"],
           "KL and rewards are among the stated answers; other texts are none of them.")

# %% epochs-plot
from course_lib.plots.panels import panels

numbers = list(range(epochs + 1))
moved = {what: (numbers, at[what]) for what in ("chosen", "rejected")}
show(panels({"log probability gained (nats)": moved,
             "true reward": {"answers alone": (numbers, [one["true"] for one in seen]),
                             "all texts": (numbers, [one["worth"] for one in seen])}},
            x_label="epochs", whole=True),
     alt="By epoch: " + "; ".join(
         f"{epoch}: chosen {at['chosen'][epoch]:+.1f} nats, rejected {at['rejected'][epoch]:+.1f}, "
         f"true reward {one['true']:.2f}, of all texts {one['worth']:.2f}"
         for epoch, one in enumerate(seen)),
     caption=f"One run; n = {len(few.rows)} pairs, {len(here.tests)} test reviews. Left: means "
             "over an epoch. Right: exact; among all texts, those that are no answer count 0.")
say(feedback_more_told.told_epochs(seen, at["chosen"], at["rejected"]))

# %% [markdown] epochs-said
# The loss sees only how far the chosen answer is ahead of the rejected one. Both may fall, as long as one falls faster;
# what they lose goes to texts that are in no pair. Read some of them.

# %% epochs-read
show_table([[review, text] for review, text, _ in feedback_more.written(
    here, dpo, reward, lesson.seed)[:3]], ["review", "DPO's answer after the last epoch"])

# %% [markdown] raters
# ## Odd raters
#
# Not everybody who clicks reads. Three ways in which clicks can be odd: all pairs are called ties; left is clicked
# without reading in many pairs; or nobody is odd, but a file of pairs has the preferred answer always on the left.

# %% raters-ties
from dataclasses import replace

from course_lib.errors import CourseError

rater = SETTING.rater
undecided = replace(SETTING, rater=replace(rater, tie=100.0))        # nothing differs enough
try:
    feedback.reward_of(here, feedback.asked(undecided, here, here.reference, 400, lesson.seed))
except CourseError as error:
    print(error)
else:
    raise AssertionError("ties alone taught it something")

# %% [markdown] raters-left
# A reward model can learn one number beside its weights: how much left is clicked *whatever stands there*. What is that
# worth? To see what comes without it, every pair is shown in both orders: left and right then say nothing. The ruler is
# the same for all: new clicks of a rater who reads.

# %% raters-run
careless, many_ties = replace(rater, careless=0.6), replace(rater, tie=1.0)
turned, both = feedback_more.preferred_left, feedback_more.in_both_orders
as_it_is = lambda pairs: pairs
CASES = {"attentive": (rater, as_it_is), "careless": (careless, as_it_is),
         "careless, left not learned": (careless, both), "many ties": (many_ties, as_it_is),
         "preferred one left": (rater, turned),
         "all left, none read": (replace(rater, careless=1.0), as_it_is)}
DRAWS = range(100 * lesson.seed, 100 * lesson.seed + 8)
learned = {name: feedback_more.learned_from(SETTING, here, *case, DRAWS)
           for name, case in CASES.items()}

# %% raters-table
from course_lib.intervals import students_t

over = {name: {what: students_t([one[what] for one in seen]) for what in seen[0]}
        for name, seen in learned.items()}
show_table([[name, percent(one["left"][0]), percent(one["ties"][0]),
             f"{round(one['position'][0], 2) + 0:.2f}"] for name, one in over.items()],
           ["400 clicks", "clicked left", "ties", "learned for left (log odds)"],
           f"Means over {len(DRAWS)} draws of pairs. Where left is not learned, each pair is "
           "shown in both orders.")

# %% raters-plot
from course_lib.plots import show_shares

show_shares({name: one["foretold"] for name, one in over.items()}, "new clicks foretold",
            f"Draws of 400 pairs: {len(DRAWS)}; {feedback_more.FRESH:,} new clicks each, of a "
            "rater who reads. Lines: 95 % intervals over draws.", baselines={"guessing": 0.5})
say(feedback_more_told.told_position(learned["careless"], learned["careless, left not learned"]))

# %% [markdown] raters-said
# Two of these files of clicks look alike: left is preferred in every pair, in one for a reason, in the other for none.
# To tell them apart takes new clicks of somebody who reads.

# %% [markdown] free
# ## What does PPO write if every text counts?
#
# In the lesson a text that is none of the stated answers gets a fixed low score, and the reward model is not asked.
# Without that rule it is, and it has never seen such a text. A low price for each nat, a high rate, and the same
# training twice: without the rule, and with it. Where it goes depends on the run, so another seed may end elsewhere.

# %% free-run
free, scores = feedback.by_reward(SETTING, here, reward, "PPO", 0.02, 8e-3, lesson.seed,
                                  iterations=10, allowed=None)

# %% free-control
held, held_scores = feedback.by_reward(SETTING, here, reward, "PPO", 0.02, 8e-3, lesson.seed,
                                       iterations=10)

# %% free-read
texts = feedback_more.written(here, free, reward, lesson.seed)
show_table([[review, text, f"{score:+.1f}"] for review, text, score in texts[:3]],
           ["review", "what PPO writes without the rule", "score"],
           "Scores are the reward model's, in standard deviations of the base's own answers.")

# %% free-said
highest = reward.scores(here.test_states).max().item()               # of all stated answers
say(feedback_more_told.told_stray(
    feedback.outcome(here, reward, free), feedback.outcome(here, reward, held),
    [score for _, _, score in texts], highest))

# %% free-plot
by_turn = lambda history, what: (range(1, 11), [one[what] for one in history])
show(panels({"mean score": {"without the rule": by_turn(scores, "score"),
                            "with it": by_turn(held_scores, "score")},
             "KL from the base (nats)": {"without the rule": by_turn(scores, "kl"),
                                         "with it": by_turn(held_scores, "kl")}},
            x_label="turns", whole=True),
     alt=f"By turn, the last: score {scores[-1]['score']:.1f} without the rule, "
         f"{held_scores[-1]['score']:.1f} with it; KL {scores[-1]['kl']:.1f} nats without, "
         f"{held_scores[-1]['kl']:.1f} with it.",
     caption="One run each; n = 32 answers a turn, drawn before they are learned from. With the "
             "rule, another text scores three standard deviations below the mean.")

# %% [markdown] free-end
# A rising score does not warn of such texts. The KL may, and reading a few answers does. Whoever trains on a learned
# reward keeps what is written near to what was judged, by a price for each nat or by new judgements.
