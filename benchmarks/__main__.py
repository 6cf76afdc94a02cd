"""Run benchmarks: all of them into RESULTS.md, or some of them to look at."""

import json
import sys
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from benchmarks import (
    change,
    deliver,
    door,
    durable,
    evaluate,
    growth,
    ingest,
    match,
    outbox,
    start,
    store,
    stress,
    threads,
    where,
)
from benchmarks.kernel import compile_kernel
from benchmarks.page import PAGE, keep, moment, told_of_machine
from benchmarks.report import Table, goals_table

QUICK = "This was quick: small worlds, few rounds. It is to look at, not to trust."
# One line each; a name with a dot is a part of what stands before it.
BENCHMARKS: dict[str, Callable[[Namespace], list[Table]]] = {
    "match.city": lambda asked: match.run("city", asked),
    "match.countries": lambda asked: match.run("countries", asked),
    "match.towns": lambda asked: match.run("towns", asked),
    "match.overlapping": lambda asked: match.run("overlapping", asked),
    "match.new-york": lambda asked: match.run("new-york", asked),
    "match.change": change.run,
    "match.threads": threads.run,
    "match.batches": growth.by_batch,
    "match.zones": growth.by_zones,
    "match.vertices": growth.by_vertices,
    "match.where": where.run,
    "stress.city": lambda asked: stress.run("city", asked),
    "stress.countries": lambda asked: stress.run("countries", asked),
    "stress.towns": lambda asked: stress.run("towns", asked),
    "stress.overlapping": lambda asked: stress.run("overlapping", asked),
    "stress.new-york": lambda asked: stress.run("new-york", asked),
    "ingest": lambda asked: ingest.run(asked.quick, asked.zones),
    "door": lambda asked: door.run(asked.quick),
    "deliver.apns": lambda asked: deliver.to_apple(asked.quick),
    "deliver.fcm": lambda asked: deliver.to_google(asked.quick),
    "deliver.outbox": lambda asked: outbox.run(asked.quick),
    "durable": lambda asked: durable.run(asked.quick),
    "evaluate": lambda asked: evaluate.run(asked.quick),
    "store": lambda asked: store.run(asked.quick),
    "start": lambda asked: start.run(asked.quick, asked.zones),
}


def main() -> None:
    """Measure what was asked for; all of it at full length is kept, as it comes."""
    asked = _parser().parse_args()
    names = _chosen(asked.names)
    keeping = asked.write or not (asked.names or asked.quick or asked.zones)
    compile_kernel()
    made, failed = measure(names, asked, keeping=keeping)
    if asked.json:
        every = [table for tables in made.values() for table in tables]
        print(json.dumps([one.as_rows() for one in every], indent=2))
    else:
        print(_ending(made, asked))
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def measure(
    names: list[str], asked: Namespace, *, keeping: bool
) -> tuple[dict[str, list[Table]], list[str]]:
    """Return what was measured, and what failed; each part is kept before the next."""
    machine = told_of_machine()
    made: dict[str, list[Table]] = {}
    failed = []
    clock = _stopwatch()
    for number, name in enumerate(names, 1):
        _say(f"[{clock():4.0f} s] {number} of {len(names)}: {name}")
        stamp = moment(machine)
        try:
            made[name] = [_trusted(one, asked) for one in BENCHMARKS[name](asked)]
        except Exception:  # the others are worth measuring all the same
            traceback.print_exc()
            failed.append(name)
            continue
        if not asked.json:
            print("\n\n".join(one.as_text() for one in made[name]), end="\n\n")
        if keeping:
            keep(stamp, {name: made[name]}, BENCHMARKS)
            _say(f"written to {PAGE}")
    _say(f"[{clock():4.0f} s] done: {len(made)} of {len(names)}")
    return made, failed


def _trusted(table: Table, asked: Namespace) -> Table:
    """Return a table without its goals where it was made to be looked at only."""
    if asked.quick or asked.zones:
        return table._replace(goals=())
    return table


def _ending(made: dict[str, list[Table]], asked: Namespace) -> str:
    if asked.quick:
        return QUICK
    goals = [goal for tables in made.values() for one in tables for goal in one.goals]
    return "\n".join(goals_table(goals).as_lines()) if goals else ""


def _stopwatch() -> Callable[[], float]:
    began = time.perf_counter()
    return lambda: time.perf_counter() - began


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    text = f"only these, of {', '.join(BENCHMARKS)}; match is all of match.*"
    parser.add_argument("names", nargs="*", metavar="NAME", help=text)
    parser.add_argument("--quick", action="store_true", help="in less than two minutes")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--write", action="store_true", help="keep it in RESULTS.md")
    parser.add_argument("--zones", type=int, help="worlds of so many zones")
    parser.add_argument("--points", type=int, help="so many points of stress")
    return parser


def _chosen(names: list[str]) -> list[str]:
    unknown = [
        name
        for name in names
        if not any(one == name or one.startswith(f"{name}.") for one in BENCHMARKS)
    ]
    if unknown:
        _parser().error(f"there is no {', '.join(unknown)}")
    wanted = names or list(BENCHMARKS)
    return [one for one in BENCHMARKS if one in wanted or one.split(".")[0] in wanted]


if __name__ == "__main__":
    main()
