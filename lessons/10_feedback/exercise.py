# %% [markdown] title
# # Exercise 10 · Learning from what people prefer
#
# Each task is a step up: a line, a function, a loss, a loss from its tokens on. You build from scratch what
# [lesson 10](../notebooks/10_feedback.ipynb) explains. Below each task stands a check. Run it as often as you like:
# it names the likely mistake, and what you have solved is kept. Below the check, your own code meets the model.

# %% start
import random
from statistics import mean

import torch

from course_lib import load_model
from course_lib.checks import check, passed
from course_lib.plots import bars, interval, show, wilson
from course_lib.world.opinions import opinion_words

model, tokenizer = load_model("orchard-s")
END, asked = tokenizer.eos_token_id, tokenizer("I went to see the film.")["input_ids"]
learned = {"base": model}      # and what you train below

# %% task 10.1

# %% [markdown] your-reader-question
# With the real model: it goes on writing after "I went to see the film.", and a reader compares. This reader counts
# words of praise, less words of blame, so you can see later what is learned from their choices, and what is not. Can a
# reward model tell, from choices alone, which of two new answers they will like?

# %% your-answers
def write(model, n, seed):
    """`n` drawn answers, each a list of tokens. They end with END, or are cut off."""
    torch.manual_seed(seed)
    prompts = torch.tensor([asked] * n)
    drawn = model.generate(prompts, attention_mask=torch.ones_like(prompts), do_sample=True,
                           top_k=0, max_new_tokens=24, pad_token_id=END)
    rows = drawn[:, len(asked):].tolist()
    return [row[:row.index(END) + 1] if END in row else row for row in rows]

# %% your-verdicts
praise, blame = (set(opinion_words(positive)) for positive in (True, False))


def verdict(answer):
    """What the reader thinks of an answer: a whole number."""
    words = [word.strip(".,") for word in tokenizer.decode(answer).lower().split()]
    return sum((word in praise) - (word in blame) for word in words)


answers = write(model, 500, seed=0)
verdicts = torch.tensor([verdict(answer) for answer in answers])
for answer in answers[:3]:
    print(f"{verdict(answer):>2} {tokenizer.decode(answer)}")

# %% your-batch
def batch_of(answers):
    """(ids, mask), each (B, T): filled up with END; true at the answers' tokens."""
    ids = [torch.tensor(asked + answer) for answer in answers]
    own = [torch.arange(len(row)) >= len(asked) for row in ids]
    pad = torch.nn.utils.rnn.pad_sequence
    return pad(ids, True, END), pad(own, True, False)


@torch.no_grad()
def states(ids):
    """What the base makes of each token, (B, T, d): its states after the third block."""
    return model(input_ids=ids, output_hidden_states=True).hidden_states[3]

# %% your-features
ids, mask = batch_of(answers)
h = states(ids)
centre, spread = h[mask].mean(0), h[mask].std(0)                            # (d,), (d,)


def seen(h, mask):
    """What the base has seen of an answer by each place: the sum over its tokens, (B, T, d)."""
    return ((h - centre) / spread * mask[:, :, None]).cumsum(1) / 10


features = seen(h, mask)[:, -1]                                             # (500, d)

# %% your-pairs
def pairs_of(places, n):
    """n pairs of these answers, the preferred one first, and where the reader could not decide."""
    drawn = [random.Random(pair).sample(places, 2) for pair in range(n)]
    a, b = torch.tensor(drawn).T                                            # (n,), (n,)
    first = verdicts[a] >= verdicts[b]
    return torch.where(first, a, b), torch.where(first, b, a), verdicts[a] == verdicts[b]


better, worse, tied = pairs_of(range(400), 800)
liked, disliked, undecided = pairs_of(range(400, 500), 200)     # new pairs, of other answers
liked, disliked = liked[~undecided], disliked[~undecided]

# %% your-reward
def reward(features):
    """The reward model's number for each answer: (..., d) -> (...)."""
    return head(features)[..., 0]


def share_right():
    """The share of new choices that the reward model foresees, with its interval."""
    right = (reward(features[liked]) > reward(features[disliked])).sum().item()
    return "{:.2f} ({:.2f} to {:.2f})".format(*wilson(right, len(liked)))

# %% your-reward-model
if passed("10.1"):
    torch.manual_seed(0)
    head = torch.nn.Linear(len(centre), 1, bias=False)
    print(f"not trained: foresees {share_right()} of {len(liked)} new choices")
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2)
    for _ in range(200):
        loss = preference_loss(reward(features[better]), reward(features[worse]), tied)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"trained on {len(better)} pairs, {tied.sum()} of them ties: {share_right()}")

# %% task 10.2

# %% [markdown] your-tokens-question
# With the real model: let the reward model's score of what is written so far be the value. Its score of the whole
# answer is the only reward, at the last token. Which tokens did better than expected, and how far back does each lambda
# carry the praise?

# %% your-tokens
def values_of(answers):
    """What is expected before each token, (B, T), and the score of each whole answer, (B,)."""
    ids, mask = batch_of(answers)
    with torch.no_grad():
        behind = reward(seen(states(ids), mask))                            # (B, T)
    return (behind * mask).roll(1, dims=1) * mask, behind[:, -1]

# %% your-table
if passed("10.1") and passed("10.2"):
    answer = min((one for one in answers[400:] if verdict(one) > 1), key=len)
    values, score = values_of([answer])
    values, rewards = values[0, len(asked):], torch.zeros(len(answer))
    rewards[-1] = score[0]
    columns = [advantages_by_gae(rewards, values, 1.0, lam)[0] for lam in (0.0, 0.8, 1.0)]
    print(f"{'':>14} value   advantage with lambda 0, 0.8, 1")
    for place, token in enumerate(answer):
        told = "".join(f"{column[place]:>8.2f}" for column in columns)
        print(f"{tokenizer.decode([token])!r:>14} {values[place]:>5.2f}{told}")

# %% task 10.3

# %% [markdown] your-ppo-question
# With the real model: PPO. It writes, the reward model judges, and your two functions say what to change. The
# penalty on leaving the base is in the rewards. Does the true reader like what the reward model likes?

# %% your-log-probabilities
def log_p(model, ids):
    """The log probability of each token, (B, T); of the first, before which nothing stands, 0."""
    logits = model(input_ids=ids).logits[:, :-1]                            # (B, T - 1, V)
    found = logits.log_softmax(-1).gather(2, ids[:, 1:, None])[:, :, 0]     # (B, T - 1)
    return torch.nn.functional.pad(found, (1, 0))                           # (B, T)


def take(optimizer, loss):
    """One step."""
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
    optimizer.step()

# %% your-advantages
def advantages_of(answers, mask, old, base, beta):
    """(advantages (B, T), scores (B,)). To leave the base costs; the last token is scored."""
    values, scores = values_of(answers)
    rewards, found = -beta * (old - base), torch.zeros_like(values)
    for row, own in enumerate(mask):
        rewards[row, own.nonzero()[-1]] += scores[row]
        found[row, own] = advantages_by_gae(rewards[row, own], values[row, own], 1.0, 0.95)[0]
    return found / found[mask].std(), scores

# %% your-ppo
if passed("10.1") and passed("10.2") and passed("10.3"):
    ppo = load_model("orchard-s")[0]
    optimizer = torch.optim.AdamW(ppo.parameters(), lr=1e-4, weight_decay=0.0)
    for turn in range(6):
        written = write(ppo, 48, seed=turn)
        ids, mask = batch_of(written)
        with torch.no_grad():
            old, base = log_p(ppo, ids), log_p(model, ids)
        advantages, scores = advantages_of(written, mask, old, base, beta=0.05)
        for _ in range(2):
            take(optimizer, clipped_loss(log_p(ppo, ids), old, advantages, mask, 0.2))
        print(f"turn {turn}: the reward model says {scores.mean():.2f}, "
              f"the reader {mean(map(verdict, written)):.2f}")
    learned["your PPO"] = ppo

# %% task 10.4

# %% [markdown] your-dpo-question
# With the real model: DPO, on the very choices that trained the reward model, ties left out. No reward model is asked.

# %% your-sides
def side(policy, places):
    """What your loss wants of one side of some pairs."""
    ids, _ = batch_of([answers[place] for place in places])
    with torch.no_grad():
        reference = log_p(model, ids)
    return {"ids": ids, "prompt": torch.tensor([len(asked)] * len(ids)),
            "policy": log_p(policy, ids), "reference": reference}

# %% your-dpo
if passed("10.4"):
    dpo = load_model("orchard-s")[0]
    optimizer = torch.optim.AdamW(dpo.parameters(), lr=1e-4, weight_decay=0.0)
    decided = (~tied).nonzero()[:, 0]
    for step in range(24):
        now = decided[16 * step:16 * step + 16]
        loss = dpo_loss(side(dpo, better[now]), side(dpo, worse[now]), END, beta=0.1)
        take(optimizer, loss)
        if step % 8 == 7:
            print(f"step {step + 1:>2}: loss {loss.item():.3f}")
    learned["your DPO"] = dpo

# %% [markdown] your-measurement-question
# Who is liked better, and how far from the base did each have to go for it? How many nats that are (KL) is estimated
# from the new answers themselves. Read one of each, too: what did the reader's choices not say?

# %% your-measurement
if passed("10.1") and passed("10.4"):
    verdicts_of = {}
    for name, one in learned.items():
        new = write(one, 120, seed=1000)
        ids, mask = batch_of(new)
        with torch.no_grad():
            kl = ((log_p(one, ids) - log_p(model, ids)) * mask).sum(1).mean()
        verdicts_of[name] = interval([[verdict(answer)] for answer in new])
        ended = mean(END in answer for answer in new)
        print(f"{name}: the reader says {verdicts_of[name][0]:.2f}, "
              f"the reward model {values_of(new)[1].mean():.2f}; {kl:.1f} nats from the base, "
              f"{100 * ended:.0f} % came to an end\n  {tokenizer.decode(new[0])}")

# %% your-picture
if passed("10.1") and passed("10.4"):
    told = ", ".join(f"{name} {middle:.2f}" for name, (middle, _, _) in verdicts_of.items())
    show(bars(list(verdicts_of), [middle for middle, _, _ in verdicts_of.values()],
              [ends for _, *ends in verdicts_of.values()],
              highlight=list(verdicts_of)[1:], x_label="the reader's mean verdict"),
         alt=f"Bars with the reader's mean verdict: {told}.",
         caption="n = 120 new answers each, one training. Lines: 95 % intervals over answers.")

# %% [markdown] end
# You have turned choices into rewards, rewards into advantages, and both into losses that hold a model back. To see
# what you have solved so far, run `%run -m course_lib.cli progress` in a cell.
