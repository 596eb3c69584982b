"""Print what finished music is like, for the rule of mastering: the constants of its typical.py.

python docs/plugins/mastering_typical.py debian_games
"""

import sys

from dawg_ai import registry
from dawg_ai.plugins.mastering.typical import statistics
from dawg_ai.training.run import gather


def main() -> None:
    """Over the training part of the datasets named, split 0."""
    for name, values in statistics(gather(registry.load("mastering"), sys.argv[1:]).items["train"]).items():
        print(f"{name} = {values}")


if __name__ == "__main__":
    main()
