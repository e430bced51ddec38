"""``python -m tests.truth --scenarios 500 --seed 1``: how often gendiag says what the real fit does."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections import defaultdict

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def main() -> int:
    """Run the bench; 1 if more disagree than is tolerated."""
    options = _options()
    from tests.truth.bench import run
    from tests.truth.scenario import draw

    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    seeds = (
        [options.only] if options.only is not None else [options.seed * 100_000 + i for i in range(options.scenarios)]
    )
    agreed: dict[str, list[bool]] = defaultdict(list)
    scenarios = [each for seed in seeds if (each := draw(seed, options.draw)).kind == options.kind or not options.kind]
    for place, scenario in enumerate(scenarios):
        result = run(scenario, watch=options.watch)
        agreed[result.scenario.kind].append(not result.disagreements)
        if result.disagreements or options.only is not None:
            _say(f"\n{result.scenario}\n  real fit: {result.truth.outcome}, {result.truth.completed} steps")
            _say("".join(f"  {each}\n" for each in result.disagreements))
            again = f"--draw {options.draw}{' --watch' if options.watch else ''} --only {scenario.seed}"
            _say(f"  python -m tests.truth {again}\n")
        _say(f"\r{place + 1}/{len(scenarios)}, {result.seconds:.1f} s ")
        if options.only is not None:
            _say(f"\n{result.report}\n")
    return _table(agreed, options.tolerate)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one scenario, with its report")
    parser.add_argument("--draw", type=int, default=2, help="how scenarios are drawn: 1 leaves out what came later")
    parser.add_argument("--watch", action="store_true", help="compare what is said of the real fit, watched")
    parser.add_argument("--kind", help="only scenarios with this kind of source")
    parser.add_argument("--tolerate", type=float, default=0.0, help="share of scenarios that may disagree")
    return parser.parse_args()


def _table(agreed: dict[str, list[bool]], tolerate: float) -> int:
    _say("\n\n")
    for kind, each in sorted(agreed.items()):
        _say(f"{kind:22} {sum(each):4} of {len(each):4} agree\n")
    all_of_them = [one for each in agreed.values() for one in each]
    share = 1 - sum(all_of_them) / len(all_of_them)
    _say(f"{'all':22} {sum(all_of_them):4} of {len(all_of_them):4} agree, {share:.1%} disagree\n")
    return int(share > tolerate)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    # The threads of a fit that hangs are left behind, so the interpreter does not wait for TensorFlow to go.
    code = main()
    sys.stdout.flush()
    os._exit(code)
