"""Human feedback: what optimising a learned reward brings, what later clicks bring, and what each way costs."""
from course_lib.claims.claim import GUIDE, Figures, claim, less, more
from course_lib.experiments import feedback, feedback_paths
from course_lib.experiments.feedback_paths import BETA, BUDGETS
from course_lib.preference.exact import divergence, highest_at, mean_reward, optimum

SETTING = feedback.Feedback()
FREE = 0.0                              # the KL coefficient of a policy that nothing holds to the base
FAR = BUDGETS[-1]                       # nats from the base, where PPO and DPO are compared
TURNS = feedback_paths.LOOKS["PPO"][-1]
WHAT = ("kl", "learned", "true", "outside")
WAYS = ("PPO", "GRPO", "DPO", "best")


def beside(one: str, other: str):
    """One figure less another."""
    return lambda f: f[one] - f[other]


def clicked(here: feedback.Ground, seed: int) -> tuple[feedback.Pairs, feedback.RewardModel]:
    """Pairs of the base's own answers that were clicked on, and the reward model of these."""
    pairs = feedback.asked(SETTING, here, here.reference, SETTING.clicks, seed)
    return pairs, feedback.reward_of(here, pairs)


@claim("C84", "PPO maximises a learned reward model's score", (GUIDE,), lesson="10", core=True, tolerance=0.2,
       question="Does PPO raise the learned reward, and is the true reward lower where no KL penalty holds it?",
       asks={"more learned reward than the base's, with a penalty": more(beside("held_learned", "base_learned"), 0.1,
                                                                         "sd"),
             "more learned reward, without rather than with": more(beside("free_learned", "held_learned"), 0.1, "sd"),
             "less true reward, without rather than with": less(beside("free_true", "held_true"), 0.1, "reward"),
             "less true reward than the base's, without": less(beside("free_true", "base_true"), 0.1, "reward")},
       figures=("base_learned", "base_true", "best_true", "held_here", "held_here_best",
                *(f"{name}_{what}" for name in ("held", "free") for what in (*WHAT, "best"))))
def maximises(seed: int) -> dict[str, float]:
    """Learned and true reward after PPO with and without a KL penalty, on prompts that are new to it.

    `best` is the highest learned reward that any policy has at the same KL, `best_true` the highest true one on that
    frontier, `here` the learned reward on the prompts that were trained on.
    """
    here = feedback.ground(SETTING, seed)
    _, reward = clicked(here, seed)
    learned, own = reward.scores(here.test_states), reward.scores(here.states)
    true_at = lambda beta: mean_reward(optimum(here.own, learned, beta), here.true)
    found = {"base_learned": mean_reward(here.own, learned), "base_true": mean_reward(here.own, here.true),
             "best_true": max(true_at(2 ** (power / 2)) for power in range(-10, 6))}
    for name, beta in (("held", BETA), ("free", FREE)):
        rate = feedback_paths.rate_of(SETTING, "PPO", beta)
        policy, _ = feedback.by_reward(SETTING, here, reward, "PPO", beta, rate, seed, iterations=TURNS)
        seen = feedback.outcome(here, reward, policy)
        found |= {f"{name}_{what}": seen[what] for what in WHAT}
        found[f"{name}_best"] = highest_at(here.own, learned, seen["kl"])
        if name == "held":
            table = feedback.table_of(here, policy)
            found["held_here"] = mean_reward(table, own)
            found["held_here_best"] = highest_at(here.reference, own, divergence(table, here.reference).mean().item())
    return found


@maximises.told
def tell_maximises(f: Figures) -> str:
    """Both, beside the frontier."""
    told = "; ".join(
        f"{called} to {f[f'{name}_learned'].mean:.2f}, {f[f'{name}_kl'].mean:.1f} nats from the base (the best policy "
        f"there has {f[f'{name}_best'].mean:.2f}), with a true reward of {f[f'{name}_true'].mean:.2f}"
        for name, called in (("held", f"with a penalty of {BETA:g} a nat"), ("free", "without one")))
    below = sum(one < base for one, base in zip(f["free_true"].values, f["base_true"].values))
    return (f"The base's answers have a learned reward of {f['base_learned'].mean:.2f} and a true one of "
            f"{f['base_true'].mean:.2f}; on the exact frontier of the learned reward the true one is never above "
            f"{f['best_true'].mean:.2f}. PPO brings the learned reward {told}, in {below} of "
            f"{len(f['free_true'].values)} seeds below the base's. On the prompts that it was trained on it has, with "
            f"the penalty, {f['held_here'].mean:.2f} of {f['held_here_best'].mean:.2f}.")


@claim("C85", "RLHF extends PPO with live human ratings and no fixed reward model", (GUIDE,), lesson="10", core=True,
       tolerance=0.2,
       question="PPO needs a reward model, and DPO none. But is the true reward higher where half of the clicks are "
                "asked for later, about the policy's own answers, than where all come first?",
       asks={"more true reward": more(lambda f: f["renewed_true"] - f["fixed_true"], 0.1, "reward")},
       figures=("base_true", *(f"{name}_{what}" for name in ("fixed", "renewed") for what in WHAT)))
def live(seed: int) -> dict[str, float]:
    """The true reward after as many turns of PPO and as many clicks, all beforehand or half of them half way."""
    here, half = feedback.ground(SETTING, seed), SETTING.clicks // 2
    rate = feedback_paths.rate_of(SETTING, "PPO", FREE)
    ask = lambda policy, place: feedback.asked(SETTING, here, policy, half, seed + place)
    first = ask(here.reference, 0)
    fixed = feedback.reward_of(here, first + ask(here.reference, 1))
    policy, _ = feedback.by_reward(SETTING, here, fixed, "PPO", FREE, rate, seed, iterations=TURNS)
    outcomes = {"fixed": feedback.outcome(here, fixed, policy)}
    policy, _ = feedback.by_reward(SETTING, here, feedback.reward_of(here, first), "PPO", FREE, rate, seed,
                                   iterations=TURNS // 2)
    renewed = feedback.reward_of(here, first + ask(feedback.table_of(here, policy), 1))
    feedback.further(here, renewed, policy, "PPO", FREE, rate, seed + 1, iterations=TURNS - TURNS // 2)
    outcomes["renewed"] = feedback.outcome(here, renewed, policy)
    return {"base_true": mean_reward(here.own, here.true)} | {
        f"{name}_{what}": seen[what] for name, seen in outcomes.items() for what in WHAT}


@live.told
def tell_live(f: Figures) -> str:
    """When the clicks came."""
    return ("PPO is the optimiser inside of RLHF, not what RLHF extends, and what it optimises is a reward model. "
            f"With {SETTING.clicks} clicks before it, no penalty and {TURNS} turns, the true reward goes from "
            f"{f['base_true'].mean:.2f} to {f['fixed_true'].mean:.2f}; with half of the clicks half way, about its "
            f"own answers, to {f['renewed_true'].mean:.2f}.")


@claim("C86", "RLHF is costly but controls more finely", (GUIDE,), lesson="10", core=True, tolerance=0.2,
       question="From as many clicks, does PPO need more operations than DPO, and is what it writes worth more at the "
                "same KL from the base?",
       asks={"costly: PPO's operations, in DPO's": more(lambda f: f["PPO_operations"] / f["DPO_operations"], 1.1, ""),
             **{f"more finely, at a KL of {kl:g}": more(beside(f"PPO_worth_{kl:g}", f"DPO_worth_{kl:g}"), 0.1, "reward")
                for kl in BUDGETS[1:]}},
       figures=("base_true", "base_worth", *(f"{name}_operations" for name in WAYS[:3]),
                *(f"{name}_{what}_{kl:g}" for name in WAYS for kl in BUDGETS for what in ("below", "true", "worth")),
                *(f"{name}_wins" for name in WAYS), *(f"{name}_outside" for name in WAYS)))
def costly(seed: int) -> dict[str, float]:
    """Where each way has just come to a KL from the base: how far `below` the frontier its learned reward is, the
    `true` reward of its answers, and what all that it writes is `worth`. At FAR nats: how often its answer is better
    than the base's, the share outside of the answers, and the operations up to there.
    """
    here = feedback.ground(SETTING, seed)
    pairs, reward = clicked(here, seed)
    paths = {name: feedback_paths.path(SETTING, here, pairs, reward, name, seed) for name in WAYS[:3]}
    paths["best"] = feedback_paths.best_of_path(here, reward)
    at = feedback_paths.at_distance
    found = {"base_true": mean_reward(here.own, here.true), "base_worth": paths["PPO"][0]["worth"]}
    for name, seen in paths.items():
        for kl in BUDGETS:
            found[f"{name}_below_{kl:g}"] = feedback_paths.below_frontier(here, reward, seen, kl)
            found |= {f"{name}_{what}_{kl:g}": at(seen, kl, what) for what in ("true", "worth")}
        found |= {f"{name}_{what}": at(seen, FAR, what) for what in ("wins", "outside")}
    return found | {f"{name}_operations": at(paths[name], FAR, "operations") for name in WAYS[:3]}


@costly.told
def tell_costly(f: Figures) -> str:
    """What each costs and brings."""
    told = " and ".join(
        f"{name} {f[f'{name}_worth_{FAR:g}'].mean:.2f} ({f[f'{name}_true_{FAR:g}'].mean:.2f} for the stated "
        f"answers, {100 * f[f'{name}_outside'].mean:.0f} % outside of them; better than the base's answer in "
        f"{100 * f[f'{name}_wins'].mean:.0f} %)" for name in ("PPO", "DPO"))
    costs = f["PPO_operations"] / f["DPO_operations"]
    return (f"Both with a coefficient of {BETA:g}: up to {FAR:g} nat from the base PPO takes {costs.mean:.1f} times "
            "DPO's operations. What is written there "
            f"is worth with {told}; with the base {f['base_worth'].mean:.2f}. A text outside of the stated answers "
            "counts as worth nothing; among the stated answers alone DPO's are worth "
            f"{(f[f'DPO_true_{FAR:g}'] - f[f'PPO_true_{FAR:g}']).mean:+.2f} beside PPO's.")
