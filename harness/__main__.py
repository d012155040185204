"""`python -m harness`: the same as the console script `seqgrade`."""

from harness.cli import main

if __name__ == "__main__":
    main()
