"""Names with two meanings, a fruit and a company: which of them a prompt asks for."""
from course_lib.prompting import draw_examples, entropy, few_shot, score_choices
from course_lib.world import relations


def homonyms() -> list[str]:
    """The names that a fruit shares with a company."""
    return [key for key in relations()["company_product"] if key in relations()["fruit_family"]]


def fruit_or_company(model, tokenizer, key: str, k: int, seed: int) -> tuple[float, float]:
    """(the fruit's share, the entropy of the two in bits) after k examples about other fruits.

    A meaning has the probability of all that is true of it, but for what is true of both.
    """
    world = relations()
    true = [{relation[key] for relation in world.values()
             if relation.subject == subject and key in relation}
            for subject in ("fruit", "company")]
    choices = [sorted(own - other) for own, other in (true, true[::-1])]
    prompt = few_shot(draw_examples(world["fruit_family"], k, f"{seed} {key}", exclude=(key,)),
                      key)
    scores = score_choices(model, tokenizer, prompt, sum(choices, []), normalise=False)
    fruit, company = sum(scores[:len(choices[0])]), sum(scores[len(choices[0]):])
    share = fruit / (fruit + company)
    return share, entropy([share, 1 - share])
