"""A base model's own sense of a review: what it says of it when nobody asks for a label."""
from course_lib.prompting import score_choices
from course_lib.world import reviews


def own_sense(model, tokenizer, rows) -> float:
    """The share of reviews after which, at a closing "In short:", phrases of the right side are more probable."""
    film, restaurant = (reviews.summary_phrases(domain) for domain in ("film", "restaurant"))
    against, favour = ([f"{phrase}." for phrase in film[side] if phrase in restaurant[side]] for side in (False, True))
    prompts = [f"{text}\n{reviews.SUMMARY_OPENING}" for text in rows["text"]]
    scores = score_choices(model, tokenizer, prompts, against + favour)  # (rows, phrases)
    said = [sum(row[len(against):]) > sum(row[:len(against)]) for row in scores]
    return sum(word == label for word, label in zip(said, rows["label"])) / len(rows)
