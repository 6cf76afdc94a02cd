"""Run benchmarks: all of them into RESULTS.md, or some of them to look at."""

import json
import sys
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
from benchmarks.page import PAGE, beginning, keep
from benchmarks.report import Table, goals_table

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
    """Measure what was asked for; all of it at full length is kept."""
    asked = _parser().parse_args()
    names = _chosen(asked.names)
    began = beginning()
    compile_kernel()
    made: dict[str, list[Table]] = {}
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr)
        made[name] = BENCHMARKS[name](asked)
        if not asked.json:
            print("\n\n".join(one.as_text() for one in made[name]), end="\n\n")
    every = [table for tables in made.values() for table in tables]
    goals = [goal for table in every for goal in table.goals]
    if asked.json:
        print(json.dumps([one.as_rows() for one in every], indent=2))
    elif goals:
        print("\n".join(goals_table(goals).as_lines()))
    if asked.write or not (asked.names or asked.quick or asked.zones):
        keep(began, made, BENCHMARKS)
        print(f"written to {PAGE}", file=sys.stderr)


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
