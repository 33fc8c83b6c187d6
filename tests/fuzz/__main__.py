"""`python -m tests.fuzz [--inputs 100000] [--seed SEED] [--target NAME] [--number N]`

Divides the inputs among the targets and tells what came of them; exit 1 when any did harm. `--number` prints one input
of a target (to a file, say) and what is said of it: seed and number are in every defect.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.fuzz.harness import Tally, load, made, run, target_names

#: Inputs of one process: enough for its start not to count.
_PORTION = 2_500


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description="Spoiled input for every reader.")
    parser.add_argument("--inputs", type=int, default=100_000, help="of all targets together (default 100,000)")
    parser.add_argument("--seed", default=time.strftime("%Y%m%d"), help="any text; default: today, another each day")
    parser.add_argument("--target", action="append", choices=target_names(), help="these only")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--number", type=int, help="write this input of the target to standard output")
    return parser.parse_args()


def _portions(names: list[str], inputs: int) -> list[tuple[str, int, int]]:
    shares = {name: load(name).share for name in names}
    portions = []
    for name in names:
        count = -(-inputs * shares[name] // sum(shares.values()))
        portions += [(name, first, min(first + _PORTION, count)) for first in range(0, count, _PORTION)]
    return portions


def main() -> int:
    wanted = _arguments()
    names = wanted.target or target_names()
    if wanted.number is not None:
        target = load(names[0])
        sys.stdout.buffer.write(made(target, list(target.seeds()), wanted.seed, wanted.number))
        return 0
    print(f"seed {wanted.seed}", flush=True)
    total = Tally()
    tallies = {name: Tally() for name in names}
    with ThreadPoolExecutor(wanted.processes) as pool:
        portions = _portions(names, wanted.inputs)
        done = pool.map(lambda each: (each[0], run(each[0], first=each[1], last=each[2], seed=wanted.seed)), portions)
        for name, tally in done:
            tallies[name].add(tally)
            total.add(tally)
            for defect in tally.defects:
                print(f"\n{defect.target} {defect.number}: {defect.what}", flush=True)
    print(f"{'target':<12}{'inputs':>9}{'unharmed':>10}{'codes':>7}{'slowest':>11}{'memory':>10}{'defects':>9}")
    for name, tally in [*tallies.items(), ("all", total)]:
        print(
            f"{name:<12}{tally.inputs:>9}{tally.silent:>10}{len(tally.codes):>7}{tally.slowest * 1000:>8.0f} ms"
            f"{tally.memory >> 20:>6} MiB{len(tally.defects):>9}"
        )
    return 1 if total.defects else 0


if __name__ == "__main__":
    sys.exit(main())
