"""Attacks: submissions that try to win points by other means than right work, or to break what grades them."""
