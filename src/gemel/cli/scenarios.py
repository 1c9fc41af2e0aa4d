"""Which worlds are built in?"""

from gemel.cli.frame import AsJson, LogLevel, Seed, print_json


def scenarios(
    as_json: AsJson = False, seed: Seed = 0, log_level: LogLevel = None
) -> None:
    """List the scenarios that `gemel run` knows, and what each needs."""
    from gemel.scenarios import SCENARIOS

    if as_json:
        rows = [
            {"name": name, "summary": scenario.summary, "needs": scenario.needs}
            for name, scenario in SCENARIOS.items()
        ]
        print_json({"scenarios": rows})
        return

    from rich.console import Console
    from rich.table import Table

    table = Table("name", "what it is", "needs", box=None, pad_edge=False)
    for name, scenario in SCENARIOS.items():
        table.add_row(name, scenario.summary, scenario.needs)
    Console(markup=False, highlight=False).print(table)
