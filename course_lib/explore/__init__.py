"""The explorables. Each is a pure function, state -> result, and a thin view on it.

    from course_lib.explore.prompt_lab import prompt_lab
    from course_lib.explore.rank_lab import rank_lab
    from course_lib.explore.tokenizer_lens import tokenizer_lens
    from course_lib.explore.world_browser import what_follows, world_browser

Set COURSE_TEXT=1, or pass text=True, where widgets cannot be shown or read.
"""
