"""How much energy do base stations use, learned from those that were measured?"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json, warn
from gemel.cli.load_forecast import ONE_THREAD, LoadFile
from gemel.cli.outputs import refuse_outputs, typed, write_page_with
from gemel.cli.patience import patience
from gemel.cli.progress import progress_bar

if TYPE_CHECKING:
    from gemel.twin.energy_model.energy_model import EnergyModel
    from gemel.twin.energy_model.unseen import Unseen

StationsFile = Annotated[
    Path,
    typer.Option(
        "--stations",
        help="Equipment, a row a cell: BS, CellName, RUType, Mode, Frequency, "
        "Bandwidth, Antennas, TXpower.",
    ),
]


def calibrate_energy_command(
    stations: StationsFile,
    load: LoadFile,
    energy: Annotated[
        Path, typer.Option(help="Hourly energy, CSV (also .gz): Time, BS, Energy.")
    ],
    out: Annotated[Path, typer.Option(help="File for the model, a new one.")],
    report: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Page with pictures.")
    ] = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Learn a power model of every radio type from base stations that were measured.

    Says how wrong it is at stations it never saw, for `gemel predict-energy`.
    """
    refuse_outputs(out, report)
    from gemel.interfaces.tables.load_table import read_load, told_skipped
    from gemel.interfaces.tables.stations import join, read_stations, told_equipment
    from gemel.interfaces.tables.stations_energy import read_energy, told_energy

    equipment, table = read_stations(stations), read_load(load)
    joined = join(equipment, table)
    measured = read_energy(energy, table, joined.stations)
    keep_compiled()
    from gemel.interfaces.learning.boosting import grow
    from gemel.interfaces.tables.stations_model import write_energy_model
    from gemel.twin.energy_model.learning import learn_energy

    with patience() as ctrl_c, progress_bar() as bar:
        tell = ctrl_c.remind(bar)
        model, unseen = learn_energy(
            joined.equipment,
            joined.activity,
            measured.energy,
            grow=partial(grow, threads=ONE_THREAD),
            seed=seed,
            tell=tell,
        )
    answer = _answer(model, unseen, joined.stations)
    page = None
    if report is not None:
        from gemel.report.energy_model import energy_page

        command = typed("calibrate-energy")
        page = energy_page(unseen, model.types, joined.stations, model.ahead, command)
    write_energy_model(out, model, answer)
    write_page_with(out, report, page)
    for line in (
        told_equipment(equipment),
        told_skipped(table),
        joined.told(),
        told_energy(energy, measured),
    ):
        if line:
            warn(line)
    answer |= {"out": str(out), "report": None if report is None else str(report)}
    if as_json:
        skipped = {**table.skipped, **equipment.skipped, **measured.skipped}
        print_json({**answer, "skipped": skipped, "unknown": list(joined.unknown)})
        return
    _print(answer)


def _answer(
    model: "EnergyModel", unseen: "Unseen", stations: tuple[str, ...]
) -> dict[str, Any]:
    import numpy as np

    from gemel.report.energy_model import by_type

    return {
        "stations": len(np.unique(unseen.station)),
        "hours": len(unseen.energy),
        "load_stamped_later_h": model.ahead,
        "error_percent": round(unseen.mape_percent(), 3),
        "formula_error_percent": round(unseen.mape_percent(unseen.formula), 3),
        "covered_percent": round(100 * float(unseen.inside.mean()), 2),
        "leaves": list(unseen.leaves),
        "types": {
            row.name: {
                "stations": row.stations,
                "error_percent": round(row.error_percent, 3),
                "formula_error_percent": round(row.formula_percent, 3),
                "covered_percent": round(row.inside_percent, 2),
            }
            for row in by_type(unseen, model.types)
        },
    }


def _print(answer: dict[str, Any]) -> None:
    from gemel.report.energy_model import stamps

    clocks = stamps(answer["load_stamped_later_h"])
    typer.echo(
        f"{answer['stations']:,} stations, {answer['hours']:,} measured hours, "
        f"{len(answer['types'])} radio types. {clocks}\n"
        f"At stations never seen: mean absolute error {answer['error_percent']:.2f} % "
        f"(the formula alone {answer['formula_error_percent']:.2f} %), "
        f"{answer['covered_percent']:.1f} % in the 90 % interval\n"
    )
    typer.echo(f"{'radio type':16} {'stations':>8} {'error %':>8} {'covered %':>9}")
    for name, row in answer["types"].items():
        typer.echo(
            f"{name[:16]:16} {row['stations']:8,} {row['error_percent']:8.2f} "
            f"{row['covered_percent']:9.1f}"
        )
    typer.echo(f"\nModel: {answer['out']}")
    if answer["report"]:
        typer.echo(f"Report: {answer['report']}")


def predict_energy_command(
    model: Annotated[Path, typer.Option(help="That `gemel calibrate-energy` wrote.")],
    stations: StationsFile,
    load: LoadFile,
    out: Annotated[Path, typer.Option(help="A new CSV: Time, BS, Energy.")],
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Predict the energy of base stations, measured or not, hour by hour.

    One row a station and hour of the load table, in the unit of the measured energy.
    """
    refuse_outputs(out)
    from gemel.interfaces.tables.load_table import read_load, told_skipped
    from gemel.interfaces.tables.stations import join, read_stations, told_equipment
    from gemel.interfaces.tables.stations_energy import write_energy
    from gemel.interfaces.tables.stations_model import read_energy_model

    learned = read_energy_model(model)
    equipment, table = read_stations(stations), read_load(load)
    joined = join(equipment, table)
    keep_compiled()
    from gemel.twin.energy_model.energy_model import predict_energy

    with patience() as ctrl_c, progress_bar() as bar:
        tell = ctrl_c.remind(bar)
        tell("predicting", 0.0)
        said = predict_energy(learned, joined.equipment, joined.activity)
        tell("done", 1.0)
    write_energy(out, table, joined.stations, said.hour, said.station, said.energy)
    strange = sorted(set(joined.equipment.radio_type) - set(learned.types))
    for line in (told_equipment(equipment), told_skipped(table), joined.told()):
        if line:
            warn(line)
    if strange:
        warn(
            f"no station of radio type {', '.join(strange)} was measured: what they "
            "use is guessed from their size."
        )
    if as_json:
        print_json(
            {
                "out": str(out),
                "rows": len(said.hour),
                "stations": len(joined.stations),
                "types_never_measured": strange,
                "skipped": {**table.skipped, **equipment.skipped},
                "unknown": list(joined.unknown),
            }
        )
        return
    many = len(joined.stations)
    typer.echo(f"{len(said.hour):,} hours of {many:,} stations predicted: {out}")
