"""One task, shifted: its inputs written in another way, or its answer words with another meaning.

The world stays as it is. What changes is what users type, or what the people who label call things.
"""
import datasets

from course_lib.errors import CourseError, shown
from course_lib.rows import check_agree, check_rows, class_names


def dead_key(rows, key: str = "e"):
    """An input shift: typed on a keyboard on which this key does nothing, "a wondrful trrac".

    The same rows with other texts, in the column text and inside the prompt. Most words fall apart
    into other tokens, and a reader can still read them. CourseError for what is no single letter,
    and rows without texts, and prompts that hold them.
    """
    check_rows(rows, decoder=False)
    check_rows(rows, decoder=True)
    if not isinstance(key, str) or len(key) != 1 or not key.isalpha():
        raise CourseError(f"key is one letter, such as 'e'; you gave {shown(key)}.")
    for place, (prompt, text) in enumerate(zip(rows["prompt"][:], rows["text"][:])):
        if text not in prompt:
            raise CourseError(f"The prompt of row {place} does not hold its text, so they cannot "
                              f"be typed alike: {shown(prompt)} and {shown(text)}.")
    without = str.maketrans("", "", key.lower() + key.upper())
    texts = [text.translate(without) for text in rows["text"][:]]
    prompts = [prompt.replace(old, new, 1)
               for prompt, old, new in zip(rows["prompt"][:], rows["text"][:], texts)]
    return datasets.Dataset.from_dict({**rows[:], "text": texts, "prompt": prompts},
                                      features=rows.features)


def relabelled(rows, names: dict[str, str]):
    """A label shift: what was called `name` is called `names[name]` now.

    Both are among the same answer words. With {"positive": "negative", "negative": "positive"}: a
    critic who calls all things the other way round. CourseError for rows without labels, or whose
    answers are not those of their labels, and where `names` does not give each answer word a place,
    each place once.
    """
    rows = check_rows(rows, decoder=True)
    if "label" not in rows.column_names:
        raise CourseError("These rows have no labels to rename; their columns are "
                          f"{', '.join(rows.column_names)}. Take a task with classes, such as "
                          "load_task('reviews').")
    check_agree(rows)
    words = class_names(rows)
    if (not isinstance(names, dict) or set(names) != set(words)
            or sorted(map(str, names.values())) != sorted(words)):
        raise CourseError("Give every answer word one of the answer words, each once: "
                          f"{', '.join(words)}. You gave {shown(names)}.")
    answers = [names[answer] for answer in rows["answer"][:]]
    return datasets.Dataset.from_dict(
        {**rows[:], "answer": answers, "label": [words.index(one) for one in answers]},
        features=rows.features)
