"""`python -m media.bench`: the bench inside the network that `media.bench.run` makes for it."""

from media.bench.run import child_main

if __name__ == "__main__":
    child_main()
