"""Training: the components of one implementation, put together as the book's language model, an epoch at a time.

It runs beside the implementation, in a worker or in process, and decides nothing about a grade.
"""
