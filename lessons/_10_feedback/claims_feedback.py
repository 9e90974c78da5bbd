"""Human feedback: what optimising a learned reward brings, what later clicks bring, and what each way costs."""
from course_lib.claims.claim import GUIDE, Figures, claim, less, more
from course_lib.experiments import feedback, forgetting
from course_lib.preference.exact import coefficient_for, mean_reward, optimum

SETTING = feedback.Feedback()
HELD, FREE = 0.3, 0.0                # KL coefficients, in units of the reward a nat
APART = 1.0                          # nats from the base, where PPO and DPO are compared
TURNS, STEPS = (5, 10, 15, 20, 30), (5, 10, 20, 40, 80)
WHAT = ("kl", "learned", "true", "outside")


@claim("C84", "PPO maximises a learned reward model's score", (GUIDE,), lesson="10", core=True, tolerance=0.2,
       question="Does PPO raise the learned reward, and is the true reward lower where no KL penalty holds it?",
       asks={"learned reward, with a penalty": more(lambda f: f["held_learned"] - f["base_learned"], 0.1, "sd"),
             "learned reward, without": more(lambda f: f["free_learned"] - f["held_learned"], 0.1, "sd"),
             "true reward, without rather than with": less(lambda f: f["free_true"] - f["held_true"], 0.1, "worth")},
       figures=("base_learned", "base_true", "best_true",
                *(f"{name}_{what}" for name in ("held", "free") for what in WHAT), "held_reachable", "free_reachable"))
def maximises(seed: int) -> dict[str, float]:
    """Learned and true reward after PPO with and without a KL penalty; `reachable` is the highest learned reward at
    that KL, and `best_true` the highest true one on the exact frontier.
    """
    here = feedback.ground(SETTING, seed)
    reward = feedback.reward_of(here, feedback.asked(SETTING, here, here.reference, SETTING.clicks, seed))
    learned = reward.scores(here.test_states)
    true_at = lambda beta: mean_reward(optimum(here.own, learned, beta), here.true)
    found = {"base_learned": mean_reward(here.own, learned), "base_true": mean_reward(here.own, here.true),
             "best_true": max(true_at(2 ** (power / 2)) for power in range(-10, 5))}
    for name, beta in (("held", HELD), ("free", FREE)):
        policy, _ = feedback.by_reward(SETTING, here, reward, "PPO", beta, feedback.rate_of("PPO", beta), seed)
        seen = feedback.outcome(here, reward, policy)
        found |= {f"{name}_{what}": seen[what] for what in WHAT}
        best = optimum(here.own, learned, coefficient_for(here.own, learned, seen["kl"]))
        found[f"{name}_reachable"] = mean_reward(best, learned)
    return found


@maximises.told
def tell_maximises(f: Figures) -> str:
    """Both, beside the frontier."""
    told = "; ".join(f"{called} {f[f'{name}_learned'].mean:.2f} of {f[f'{name}_reachable'].mean:.2f} that can be had "
                     f"{f[f'{name}_kl'].mean:.1f} nats from the base, and the true one is {f[f'{name}_true'].mean:.2f}"
                     for name, called in (("held", f"with a penalty of {HELD:g} a nat"), ("free", "without one")))
    return (f"The base's answers have a true reward of {f['base_true'].mean:.2f}, the best on the exact frontier of "
            f"the learned reward {f['best_true'].mean:.2f}. PPO brings the learned reward, {told}. ")


@claim("C85", "RLHF extends PPO with live human ratings and no fixed reward model", (GUIDE,), lesson="10", core=True,
       tolerance=0.2,
       question="PPO needs a reward model, and DPO none. But is the true reward higher where half of the clicks are "
                "asked for later, about the policy's own answers, than where all come first?",
       asks={"true reward": more(lambda f: f["renewed_true"] - f["fixed_true"], 0.1, "worth")},
       figures=("base_true", *(f"{name}_{what}" for name in ("fixed", "renewed") for what in ("kl", "true"))))
def live(seed: int) -> dict[str, float]:
    """The true reward after as many turns of PPO and as many clicks, all beforehand or half of them half way."""
    here, half = feedback.ground(SETTING, seed), SETTING.clicks // 2
    rate, turns = feedback.rate_of("PPO", FREE), TURNS[-1]
    first = feedback.asked(SETTING, here, here.reference, half, seed)
    more_clicks = feedback.asked(SETTING, here, here.reference, half, seed + 1)
    fixed = feedback.reward_of(here, first + more_clicks)
    policy, _ = feedback.by_reward(SETTING, here, fixed, "PPO", FREE, rate, seed)
    found = {"base_true": mean_reward(here.own, here.true)}
    found |= {f"fixed_{what}": value for what, value in feedback.outcome(here, fixed, policy).items()
              if what in ("kl", "true")}
    policy, _ = feedback.by_reward(SETTING, here, feedback.reward_of(here, first), "PPO", FREE, rate, seed,
                                   iterations=turns // 2)
    later = feedback.asked(SETTING, here, feedback.table_of(here, policy), half, seed + 1)
    renewed = feedback.reward_of(here, first + later)
    feedback.further(here, renewed, policy, "PPO", FREE, rate, seed + 1, iterations=turns - turns // 2)
    return found | {f"renewed_{what}": value for what, value in feedback.outcome(here, renewed, policy).items()
                    if what in ("kl", "true")}


@live.told
def tell_live(f: Figures) -> str:
    """When the clicks came."""
    return ("PPO is the optimiser inside of RLHF, not what RLHF extends, and what it optimises is a reward model. "
            f"With {SETTING.clicks} clicks before it, no penalty and {TURNS[-1]} turns, the true reward goes from "
            f"{f['base_true'].mean:.2f} to {f['fixed_true'].mean:.2f}; with half of the clicks half way, about its "
            f"own answers, to {f['renewed_true'].mean:.2f}.")


@claim("C86", "RLHF is costly but controls more finely", (GUIDE,), lesson="10", core=True, tolerance=0.2,
       question="From as many clicks, does PPO need more operations than DPO, and are its answers worth more at the "
                "same KL from the base?",
       asks={"costly: PPO's operations, in DPO's": more(lambda f: f["ppo_operations"] / f["dpo_operations"], 1.1, ""),
             "more finely: true reward at the same KL": more(lambda f: f["ppo_true"] - f["dpo_true"], 0.1, "worth")},
       figures=("base_true", *(f"{name}_{what}" for name in ("ppo", "dpo") for what in ("true", "operations", "wins"))))
def costly(seed: int) -> dict[str, float]:
    """Where each has just come to one KL from the base: the true reward, how often its answer is better than the
    base's, and the operations up to the end.
    """
    here = feedback.ground(SETTING, seed)
    pairs = feedback.asked(SETTING, here, here.reference, SETTING.clicks, seed)
    reward = feedback.reward_of(here, pairs)
    found = {"base_true": mean_reward(here.own, here.true)}
    for name, seen in (("ppo", feedback.ppo_path(SETTING, here, reward, HELD, TURNS, seed)),
                       ("dpo", feedback.dpo_path(SETTING, here, pairs, reward, STEPS, seed))):
        behind = [-point["kl"] for point in seen]                # falls, as a loss does
        found |= {f"{name}_{what}": forgetting.at_level(behind, [point[what] for point in seen], -APART)
                  for what in ("true", "wins", "operations")}
    return found


@costly.told
def tell_costly(f: Figures) -> str:
    """What each costs and brings."""
    told = " and ".join(f"{called} {f[f'{name}_true'].mean:.2f} for {f[f'{name}_operations'].mean / 1e9:,.0f} billion "
                        f"operations (better than the base's answer in {100 * f[f'{name}_wins'].mean:.0f} %)"
                        for name, called in (("ppo", "PPO"), ("dpo", "DPO")))
    return (f"Where each has just gone {APART:g} nat from the base, the true reward ({f['base_true'].mean:.2f} before) "
            f"is with {told}.")
