# %% [markdown] title
# # Lesson 10 · Human feedback: reward model, PPO, DPO
#
# **What this lesson claims:** preferences between two answers can train a model, with or without a reward model.
# And what a reward model rewards is not always what people want. You need what a model's
# probabilities are ([lesson 00](00_start_here.ipynb)) and LoRA ([lesson 06](06_lora.ipynb)). After it you can
#
# - train a reward model from clicks, and say what it has learned beside what it should;
# - tell by an exact curve where more reward begins to be less good;
# - train a policy by PPO and by DPO, and say what each costs and where each goes astray.

# %% setup
from course_lib.lesson import start
from course_lib.quiz import due

lesson = start("10")
due("10", "04.temperature", "06.low_rank", "09.fair")

# %% [markdown] ground
# ## Nobody can say the right answer
#
# How should a review be summed up? There is no label to learn from: several answers are good, some are better. The
# base, `orchard-s`, closes a review with one of 51 phrases nearly always. So **all that it can answer can be listed**,
# each with its probability.

# %% load
from course_lib.display import percent, say, show_table
from course_lib.experiments import feedback, feedback_paths, feedback_told
from course_lib.preference import closings

SETTING = feedback.Feedback()
here = feedback.ground(SETTING, lesson.seed)         # 128 reviews to learn with, 32 for the test
answers = [one.text for one in closings()]
p = here.own.exp()                                   # (32, 51): the base, over these answers
inside = here.raw.exp().sum(1).mean().item()
say(f"`{here.tests[0]}` The base's likeliest answers, of {len(answers)}:")
show_table([[answers[k], percent(p[0, k].item())] for k in p[0].topk(3).indices],
           ["answer", "probability"])
say(f"On all the base puts **{percent(inside)}** of its probability; we divide by that.")

# %% [markdown] plan
# A model that draws its answers is called a **policy** here. People see two of its answers and click on the better
# one. Two ways lead from their clicks to a better policy:

# %% plan-draw tags=["presentation"]
from course_lib.plots import show
from course_lib.plots.drawings import two_ways_from_clicks

show(two_ways_from_clicks(), alt="The frozen base writes pairs of answers, people click on one of "
     "each. From the clicks one way leads to a reward model and from there, by PPO, to the policy, "
     "a LoRA. The other, DPO, leads from the clicks to the policy directly.",
     caption="d: the width of the base's hidden state.")

# %% [markdown] yours
# ### You click first
#
# Which answer would help you more? Click on ten pairs. What you say is kept, and compared later with what a reward
# model says. (After a restart of the kernel choose Run, Run All Above Selected Cell first.)

# %% yours-run
from course_lib.explore.label_pairs import label_pairs

pairs = feedback.asked(SETTING, here, here.reference, SETTING.clicks, lesson.seed)
labelled = label_pairs(here, pairs)

# %% [markdown] taste
# ## Somebody clicks
#
# You may disagree with yourself tomorrow. So we measure with the bundled rater, whose **taste** is known: a point for
# saying what the review says (minus one for the opposite), a point for telling the reader what to do. So what an answer
# is *really* worth is known, as it never is with people. While clicking, though, our rater is moved by length as well:
# a long answer looks thorough.

# %% clicks
rater = SETTING.rater
worth = lambda row, k: rater.taste.rewards(here.sides[row:row + 1])[0, k]
named = lambda row, k: f"{answers[k]} ({worth(row, k):+.0f})"
few = zip(*(part[:2].tolist() for part in vars(pairs).values()))
show_table([[here.prompts[row].splitlines()[0][:28] + " …", named(row, left), named(row, right),
             "left" if click else "right"] for row, left, right, click in few],
           ["review", "left (worth)", "right (worth)", "clicked"],
           f"Two of {SETTING.clicks} pairs.")

# %% fill-in 10.prefer_loss

# %% [markdown] reward
# ### A reward model
#
# It gives a number for an answer. Ours is a line through the base's last hidden state at the end of an answer,
# fitted so that the clicks are likely. Nothing else is trained.

# %% reward-predict
from course_lib.quiz import predict, reveal

predict("10.foretold")

# %% reward-run
from course_lib.preference import fit_reward

first, second = (here.states[pairs.rows, side] for side in (pairs.left, pairs.right))   # (400, 128)
reward = fit_reward(first, second, pairs.clicked).measured_on(here.states, here.reference)
won = (pairs.clicked == 1)[:, None]
chosen, rejected = reward.scores(first.where(won, second)), reward.scores(second.where(won, first))
assert prefer_loss(chosen, rejected) < prefer_loss(0 * chosen, 0 * rejected)  # of no reward

fresh = feedback.asked(SETTING, here, here.reference, 2000, lesson.seed + 1)      # new pairs
foretold = lambda r: ((r[fresh.rows, fresh.left] > r[fresh.rows, fresh.right])
                      == (fresh.clicked == 1)).float().mean().item()
learned, true = reward.scores(here.states), rater.taste.rewards(here.sides)       # (128, 51) each
reveal("10.foretold", round(100 * foretold(learned)))
if labelled.letters:                                 # you have clicked
    say(labelled.told(learned))

# %% reward-margins
import torch

from course_lib.preference import accuracy_by_margin

better, worse = (torch.where(fresh.clicked == one, fresh.left, fresh.right) for one in (1, 0))
margins = true[fresh.rows, better] - true[fresh.rows, worse]   # how much better the clicked one is
by_margin = accuracy_by_margin(learned[fresh.rows, better], learned[fresh.rows, worse], margins,
                               (-0.5, 0.5, 1.5))
names = ["worse than the other", "worth the same", "better by 1", "better by 2 or 3"]
show_table([[name, str(n), percent(share)] for name, (n, share) in zip(names, by_margin)],
           ["what was clicked is really", "pairs", "the reward model foretells"])
sure = (margins > 0)[margins != 0].float().mean().item()
say(f"Where the true worth differs, the better answer got {percent(sure)} of the clicks.")

# %% [markdown] likes
# What has it learned? Explain its rewards by the three things that move the rater, a line fitted to all answers to
# the test's reviews. Its unit is its own standard deviation, so compare the three with each other.

# %% likes-run
L, T = reward.scores(here.test_states), here.true                                # (32, 51) each
explained = feedback_told.explained(here, L)
taste, charm = rater.taste, rater.charm
wants = (taste.honest, taste.advice, 0)
clicks_by = (taste.honest, taste.advice, charm.length)
show_table([[name, f"{wanted:g}", f"{moved:g}", f"{per:.2f}"]
            for (name, per), wanted, moved in zip(explained.items(), wants, clicks_by)],
           ["", "the rater wants", "the rater clicks by", "the reward model"])
opposite = here.test_sides[:, None] * torch.tensor([one.side for one in closings()]) < 0  # (32, 51)
seldom = (p * opposite).sum(1).mean().item()
say(f"Only {percent(seldom)} of the base's answers say the opposite of the review, so the clicks "
    "hardly show that it matters.")

# %% [markdown] best
# ## Best of n
#
# The plainest use of a reward model trains nothing: draw n answers, give the one with the highest reward. How likely
# each answer is to be the best of n follows from the base's probabilities.

# %% best-predict
from course_lib.quiz import predict, reveal

predict("10.best")

# %% best-run
from course_lib.preference import best_of, divergence, mean_reward

best = {n: best_of(here.own, L, n) for n in (1, 4, 16, 64, 256)}
kl_of = lambda policy: divergence(policy, here.own).mean().item()
best_points = [(kl_of(policy), mean_reward(policy, L), mean_reward(policy, T))
               for policy in best.values()]          # of each n: (KL, learned, true)
best_worth = {n: true for n, (_, _, true) in zip(best, best_points)}
peak = max(best_worth, key=best_worth.get)
reveal("10.best", "more" if peak == max(best) else "few" if peak <= 4 else "middle")
show_table([["learned", *(f"{learned:.2f}" for _, learned, _ in best_points)],
            ["true", *(f"{true:.2f}" for *_, true in best_points)]], ["n", *map(str, best)])
say(feedback_told.told_best(best_worth))

# %% [markdown] frontier
# ## The exact frontier
#
# How much reward can *any* policy have at a given distance from the base? The distance is a KL, in nats: how far its
# probabilities lie from the base's. Let each nat cost $\beta$. The best policy is then
# $\pi(y) \propto \pi_{base}(y)\, e^{r(y)/\beta}$, one line of code with all answers listed. Go through all $\beta$:
# no policy lies above that curve. The true reward of the *same* policies is what people get.

# %% frontier-predict
from course_lib.quiz import predict, reveal

predict("10.hump")

# %% frontier-run
from course_lib.preference import frontier, optimum

assert torch.allclose(optimum(here.own, L, 0.5), (here.own + L / 0.5).log_softmax(1), atol=1e-5)
BETAS = [2 ** (power / 4) for power in range(-16, 16)]
by_learned = frontier(here.own, L, T, BETAS)         # of each beta: (KL, learned, true)
by_true = [(kl, learned, true) for kl, true, learned in frontier(here.own, T, L, BETAS)]
reveal("10.hump", round(max(by_learned, key=lambda point: point[2])[0], 1))

# %% frontier-plot
from course_lib.plots.frontier import in_words, rewards_by_distance

lines = {"best by the learned reward": by_learned, "best by the true one": by_true}
show(rewards_by_distance(lines, {"best of n": best_points}),
     alt="Learned reward, left, and true reward, right, by KL from the base. "
     + in_words(lines | {"best of n": best_points}),
     caption=f"Exact, on {len(here.tests)} new reviews.")
say(feedback_told.told_hacked(here, optimum(here.own, L, BETAS[0])))

# %% [markdown] hacking
# On the right the line has a hump: first both rewards rise, then the policy finds answers that the *reward model*
# likes and people do not. That is **reward hacking**
# ([Gao et al. 2022](https://arxiv.org/abs/2210.10760)). The dashed line is what a perfect reward model would allow.

# %% [markdown] ppo
# ## PPO
#
# With a large model nobody can list all answers. **PPO** draws some, has them scored, and makes likelier, token by
# token, what did better than expected
# ([Schulman et al. 2017](https://arxiv.org/abs/1707.06347)). A *value model*, another line through the hidden state,
# guesses the score from what is written so far. Each nat of KL costs $\beta$, taken off the score. And each answer is
# learned from twice, so something must hold the second step back:

# %% fill-in 10.clipped

# %% ppo-loop
def ppo(beta, every, turns=20):
    """The outcome of the base, and after every so many turns of 32 answers, on new reviews."""
    policy = feedback.policy_of(SETTING, here, lesson.seed)
    path, look = feedback_paths.looks(here, reward, policy, every)
    rate = feedback_paths.rate_of(SETTING, "PPO", beta)
    feedback.further(here, reward, policy, "PPO", beta, rate, lesson.seed, iterations=turns,
                     watch=look)
    return path

# %% ppo-run
held = ppo(feedback_paths.BETA, every=10)
show_table([[str(10 * look), *(f"{seen[what]:.2f}" for what in ("kl", "learned", "true"))]
            for look, seen in enumerate(held)],
           ["turns", "KL (nats)", "learned reward", "true reward"])

# %% free-predict
from course_lib.quiz import predict, reveal

predict("10.free")

# %% free-run
free = ppo(0.0, every=5)
reveal("10.free", feedback_told.without_penalty([seen["true"] for seen in free]))
point = lambda seen: (seen["kl"], seen["learned"], seen["true"])
ways = {"best of n": best_points, "PPO": list(map(point, held)),
        "PPO, no penalty": list(map(point, free))}

# %% free-plot
from course_lib import claims

show(rewards_by_distance(lines, ways),
     alt="Learned and true reward by KL from the base. " + in_words(lines | ways),
     caption=f"Lines exact, one training each; on {len(here.tests)} new reviews.")
ends = [claims.recorded("C84")[name].values for name in ("free_true", "base_true", "held_true")]
say(feedback_told.told_seeds(*ends))

# %% [markdown] ppo-said
# How can PPO, and best of n, have *more* true reward than what is best by the learned one? The frontier is a limit for
# the learned reward alone: at the same distance other policies may do more for people.

# %% [markdown] again
# ### Ask again
#
# "RLHF extends PPO with live human ratings and no fixed reward model", says the text of reinforcement learning from
# human feedback. It is the other way round: PPO
# is a part of RLHF, and optimises a reward model. But clicks can be renewed: 200 first, and 200 half way, about
# the policy's own answers. No penalty, and as many clicks and turns.

# %% again-predict
from course_lib.quiz import predict, reveal

predict("10.again")

# %% again-run
from course_lib.intervals import students_t

rounds = claims.recorded("C85")                      # two trainings and several seeds: recorded
won, *ends = students_t((rounds["renewed_true"] - rounds["fixed_true"]).values)
reveal("10.again", feedback_told.higher(*ends))
show_table([[name, *(f"{rounds[f'{way}_{what}'].mean:.2f}" for what in ("kl", "true"))]
            for name, way in (("all clicks first", "fixed"), ("half of them half way", "renewed"))],
           ["", "KL", "true reward"],
           f"Recorded, means of {len(rounds['fixed_true'].values)} seeds.")
say(f"{won:+.2f} of true reward ({ends[0]:+.2f} to {ends[1]:+.2f}). "
    + feedback_told.told_again(*ends, (rounds["fixed_kl"] - rounds["renewed_kl"]).mean))

# %% [markdown] dpo
# ## DPO: no reward model at all
#
# The frontier's formula can be turned round: every policy is the best one for *some* reward,
# $\beta \ln(\pi / \pi_{base})$. So put that into the loss of a click, and train the policy on the pairs directly
# ([Rafailov et al. 2023](https://arxiv.org/abs/2305.18290)).

# %% fill-in 10.dpo

# %% dpo-predict
from course_lib.quiz import predict, reveal

predict("10.chosen")

# %% dpo-run
policy, steps = feedback.by_pairs(SETTING, here, pairs, feedback_paths.BETA,
                                  feedback_paths.rate_of(SETTING, "DPO"), lesson.seed, steps=60)
dpo_seen = feedback.outcome(here, reward, policy)
moved = {one: sum(step[one] for step in steps[-5:]) / 5 for one in ("chosen", "rejected")}
reveal("10.chosen", feedback_told.chosen_moved(moved["chosen"]))
show_table([[name, f"{seen['kl']:.1f}", f"{seen['true']:.2f}", percent(seen["outside"]),
             f"{seen['worth']:.2f}"]
            for name, seen in (("base", held[0]), ("PPO", held[-1]), ("DPO", dpo_seen))],
           ["", "KL (nats)", "true", "outside", "worth"],
           "KL and true: among the 51. Outside: of these. Worth: true, with 0 for what is outside.")
say(f"DPO moved the chosen answers' log probability by **{moved['chosen']:+.1f}** nats, that of "
    f"the rejected by {moved['rejected']:+.1f}.")

# %% [markdown] outside
# The loss asks only that the chosen answer falls *less* than the rejected one. Where does the rest of the
# probability go? Let the policy write.

# %% outside-run
from course_lib.preference.answers import drawn

written = [here.tokenizer.decode(tail[:-1]).strip() for tail in
           drawn(here.model, here.tokenizer, policy, here.tests, lesson.seed)]
odd = [text for text in written if text.rstrip(".") not in answers]
say(f"**{len(odd)} of {len(written)}** drawn answers are none of the 51. Some: "
    + "; ".join(f"“{text}”" for text in odd[:2]))

# %% [markdown] cost
# ## What does it cost?
#
# "RLHF is costly, but controls more finely", says the text. Let both go one nat from the base, and count
# operations. What is all that they write worth there?

# %% cost-predict
from course_lib.quiz import predict, reveal

predict("10.cost")

# %% cost-run
recorded = claims.recorded("C86")
ratio = recorded["PPO_operations"] / recorded["DPO_operations"]
reveal("10.cost", round(ratio.mean, 1))
BUDGETS = feedback_paths.BUDGETS
columns = [("below", BUDGETS[-1]), *(("worth", kl) for kl in BUDGETS[1:])]
show_table([[way, *(f"{recorded[f'{way}_{what}_{kl:g}'].mean:.2f}" for what, kl in columns)]
            for way in ("PPO", "DPO")],
           ["", *(f"{what}, {kl:g} nats" for what, kl in columns)],
           f"Recorded, means of {len(ratio.values)} seeds. Below: the frontier of a learned "
           "reward, which DPO never saw.")

# %% [markdown] knob
# ### Explore: the KL coefficient
#
# **Question: how hard must the penalty hold the policy, so that people get the most?** Do more clicks help? And if
# length moves the clicks more? Exact for one seed; the points are trainings by PPO.

# %% knob-run
from course_lib.display import fold
from course_lib.explore.kl_coefficient import found, kl_coefficient

kl_coefficient()
fold("What did you find?", found())

# %% [markdown] exercise
# ## Now you
#
# In [exercise 10](../exercises/10_feedback.ipynb) you build the four losses yourself, and train with them. Each
# check names the likely mistake. Then the quiz; a wrong answer says why it was tempting.

# %% quiz-difference
from course_lib.quiz import quiz

quiz("10.difference")

# %% quiz-hack
from course_lib.quiz import quiz

quiz("10.hack")

# %% quiz-clip
from course_lib.quiz import quiz

quiz("10.clip")

# %% quiz-without
from course_lib.quiz import quiz

quiz("10.without")

# %% [markdown] ledger
# ## What the texts say, what we measured
#
# The ledger holds the recorded runs of this lesson's claims, over several seeds.

# %% ledger-run
from course_lib.claims.view import ledger

ledger("10")

# %% [markdown] recap
# ## What we know now
#
# 1. Clicks between two answers train a reward model, and it learns what the *pairs* show: what moves the hand, and
#    little of what is seldom seen.
# 2. A learned reward can rise where the true one falls. How far one may go is told by judging the policy's own
#    answers anew.
# 3. PPO needs a reward model, and draws its own answers; DPO needs neither, and its loss cares for differences alone,
#    so look at what else it writes.
#
# **What stays open:** a model that was trained, in whatever way, must answer thousands of questions, and the world
# goes on. What can be computed beforehand, and when must it be trained again? Lesson 11 takes that up.

# %% [markdown] sources
# ## Sources
#
# - Unite.AI, Complete guide to fine-tuning large language models.
# - Ouyang et al. 2022, [Training language models to follow instructions with human
#   feedback](https://arxiv.org/abs/2203.02155).
# - Schulman et al. 2017, [Proximal policy optimization algorithms](https://arxiv.org/abs/1707.06347).
# - Rafailov et al. 2023, [Direct preference optimization](https://arxiv.org/abs/2305.18290).
# - Gao et al. 2022, [Scaling laws for reward model overoptimization](https://arxiv.org/abs/2210.10760).
