"""Prompting a causal language model: build the prompt, read the answer, measure how often it is right.

Nothing here computes a gradient or changes a parameter.
"""
from course_lib.prompting.answers import complete, next_answers, score_choices
from course_lib.prompting.measures import calibrate, content_free_scores, entropy, exact_match, few_shot_answers
from course_lib.prompting.text import draw_examples, few_shot, shuffle_order, shuffle_values

__all__ = ["calibrate", "complete", "content_free_scores", "draw_examples", "entropy", "exact_match",
           "few_shot", "few_shot_answers", "next_answers", "score_choices", "shuffle_order", "shuffle_values"]
