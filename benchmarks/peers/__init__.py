"""What `benchmarks/peers.py` is made of: the claims, the submissions, the graders, and the clock."""
