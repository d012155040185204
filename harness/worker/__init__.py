"""Workers: the confined processes that hold submissions, and the template that forks them.

Nothing here decides about a verdict, and nothing of the judge's is imported: `template` is a program of its
own (`python -I … template.py`), which the judge starts and talks to over one descriptor.
"""
