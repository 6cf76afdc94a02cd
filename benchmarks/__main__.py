"""Run benchmarks: all of them into RESULTS.md, or some of them to look at."""

import argparse
import json
import sys
from collections.abc import Callable

from benchmarks import door, durable, evaluate, ingest, match, store
from benchmarks.report import PAGE, Table, beginning, goals_table, write_page

BENCHMARKS: dict[str, Callable[[argparse.Namespace], list[Table]]] = {
    "match": lambda asked: match.run(asked.quick, asked.zones),
    "ingest": lambda asked: ingest.run(asked.quick, asked.zones),
    "door": lambda asked: door.run(asked.quick),
    "durable": lambda asked: durable.run(asked.quick),
    "evaluate": lambda asked: evaluate.run(asked.quick),
    "store": lambda asked: store.run(asked.quick),
}


def main() -> None:
    """Measure what was asked for; only all of it, at full length, is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=BENCHMARKS, help="only this one")
    parser.add_argument("--quick", action="store_true", help="in less than two minutes")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--zones", type=int, help="a city of so many zones")
    asked = parser.parse_args()
    tables: list[Table] = []
    began = beginning()
    for name in [asked.name] if asked.name else BENCHMARKS:
        print(f"measuring {name} ...", file=sys.stderr)
        made = BENCHMARKS[name](asked)
        tables += made
        if not asked.json:
            print("\n\n".join(one.as_text() for one in made), end="\n\n")
    goals = [goal for table in tables for goal in table.goals]
    if goals and not asked.json:
        print("\n".join(goals_table(goals).as_lines()))
    if asked.json:
        print(json.dumps([one.as_rows() for one in tables], indent=2))
    if not (asked.name or asked.quick or asked.zones):
        write_page(began, tables)
        print(f"written to {PAGE}", file=sys.stderr)


if __name__ == "__main__":
    main()
