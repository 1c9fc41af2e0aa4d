"""What do air, rain, clouds, walls and clutter take from a link, or from a table?"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from gemel.cli.columns import Columns, renamed
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json, warn

if TYPE_CHECKING:
    from gemel.radio.attenuation import AbstractAttenuation

BuildingName = Literal["traditional", "thermally-efficient"]
SurroundingsName = Literal[
    "water-sea", "open-rural", "suburban", "urban", "trees-forest", "dense-urban"
]
CarrierGhz = Annotated[float | None, typer.Option(help="Of the carrier.")]
ElevationDeg = Annotated[
    float | None, typer.Option(help="Of the path above the horizon.")
]
TableIn = Annotated[
    Path | None,
    typer.Option(
        "--table",
        help="Many at once: a CSV with a column for each number that a link needs, "
        "called as its option is: carrier_ghz for --carrier-ghz.",
    ),
]
TableOut = Annotated[
    Path | None,
    typer.Option(
        "--out", help="CSV to write: the table with the attenuation and valid added."
    ),
]
Given = Mapping[str, float | str | None]


class Kinds(TyperGroup):
    """The kinds, listed to whoever asks for another one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.commands:
            known = ", ".join(self.commands)
            ctx.fail(f"there is no kind {args[0]!r}. Choose one of {known}")
        return super().resolve_command(ctx, args)


attenuation = typer.Typer(
    cls=Kinds,
    help="What air, rain, clouds, walls and clutter take from a signal (ITU-R).",
    add_completion=False,
)


@attenuation.command()
def gas(
    carrier_ghz: CarrierGhz = None,
    dry_pressure_hpa: Annotated[
        float | None, typer.Option(help="Of the air without its vapour  [1013.25]")
    ] = None,
    temperature_k: Annotated[
        float | None, typer.Option(help="Of the air  [288.15]")
    ] = None,
    vapour_g_m3: Annotated[
        float | None, typer.Option("--vapour-g-m3", help="Water vapour  [7.5]")
    ] = None,
    table: TableIn = None,
    out: TableOut = None,
    columns: Columns = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Clear air, dB/km, ITU-R P.676-13, line by line from 1 to 1,000 GHz."""
    given = {
        "carrier_ghz": carrier_ghz,
        "dry_pressure_hpa": dry_pressure_hpa,
        "temperature_k": temperature_k,
        "vapour_g_m3": vapour_g_m3,
    }
    _answer("gas", given, table, out, columns, as_json)


@attenuation.command()
def rain(
    carrier_ghz: CarrierGhz = None,
    rain_mm_h: Annotated[
        float | None, typer.Option("--rain-mm-h", help="How hard it rains.")
    ] = None,
    elevation_deg: ElevationDeg = None,
    polarisation_tilt_deg: Annotated[
        float | None,
        typer.Option(
            help="0 horizontal, 90 vertical, 45 circular or slanted as base stations "
            "are  [45]"
        ),
    ] = None,
    table: TableIn = None,
    out: TableOut = None,
    columns: Columns = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Rain, dB/km, ITU-R P.838-3, from 1 to 1,000 GHz; elevation 0 unless said."""
    given = {
        "carrier_ghz": carrier_ghz,
        "rain_mm_h": rain_mm_h,
        "elevation_deg": elevation_deg,
        "polarisation_tilt_deg": polarisation_tilt_deg,
    }
    _answer("rain", given, table, out, columns, as_json)


@attenuation.command()
def cloud(
    carrier_ghz: CarrierGhz = None,
    liquid_g_m3: Annotated[
        float | None, typer.Option("--liquid-g-m3", help="Water in droplets.")
    ] = None,
    temperature_k: Annotated[
        float | None, typer.Option(help="Of the droplets  [273.15]")
    ] = None,
    columnar_kg_m2: Annotated[
        float | None,
        typer.Option(
            "--columnar-kg-m2", help="Instead: all droplets above a square metre."
        ),
    ] = None,
    elevation_deg: Annotated[
        float | None,
        typer.Option(help="With --columnar-kg-m2: of the satellite  [90]"),
    ] = None,
    table: TableIn = None,
    out: TableOut = None,
    columns: Columns = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Clouds and fog, ITU-R P.840-9, from 1 to 200 GHz: dB/km inside one, or dB through
    all of them to a satellite."""
    given = {
        "carrier_ghz": carrier_ghz,
        "liquid_g_m3": liquid_g_m3,
        "temperature_k": temperature_k,
        "columnar_kg_m2": columnar_kg_m2,
        "elevation_deg": elevation_deg,
    }
    _answer("cloud", given, table, out, columns, as_json)


@attenuation.command("building-entry")
def building_entry(
    carrier_ghz: CarrierGhz = None,
    probability_percent: Annotated[
        float | None, typer.Option(help="Share that loses no more  [50]")
    ] = None,
    building: Annotated[
        BuildingName | None, typer.Option(help="Its walls and panes  [traditional]")
    ] = None,
    elevation_deg: ElevationDeg = None,
    table: TableIn = None,
    out: TableOut = None,
    columns: Columns = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Into a building, dB, ITU-R P.2109-1, from 0.08 to 100 GHz; elevation 0 unless
    said."""
    given = {
        "carrier_ghz": carrier_ghz,
        "probability_percent": probability_percent,
        "building": building,
        "elevation_deg": elevation_deg,
    }
    _answer("building-entry", given, table, out, columns, as_json)


@attenuation.command()
def clutter(
    carrier_ghz: CarrierGhz = None,
    distance_km: Annotated[
        float | None, typer.Option(help="Of a path along the ground (clause 3.2).")
    ] = None,
    elevation_deg: Annotated[
        float | None,
        typer.Option(help="Of a satellite or an aircraft instead (clause 3.3)."),
    ] = None,
    location_percent: Annotated[
        float | None,
        typer.Option(help="With either: share of places that lose no more  [50]"),
    ] = None,
    terminal_height_m: Annotated[
        float | None,
        typer.Option("--terminal-height-m", help="Of one antenna instead (clause 3.1)"),
    ] = None,
    surroundings: Annotated[
        SurroundingsName | None, typer.Option(help="Of that antenna.")
    ] = None,
    clutter_height_m: Annotated[
        float | None,
        typer.Option("--clutter-height-m", help="Of what stands there, if known."),
    ] = None,
    street_width_m: Annotated[
        float | None, typer.Option("--street-width-m", help="There  [27]")
    ] = None,
    table: TableIn = None,
    out: TableOut = None,
    columns: Columns = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Houses and trees around one end, dB, ITU-R P.2108-1: of a path along the ground
    (0.5 to 67 GHz), of one to a satellite (10 to 100 GHz), or in a known place (0.03 to
    3 GHz)."""
    given = {
        "carrier_ghz": carrier_ghz,
        "distance_km": distance_km,
        "elevation_deg": elevation_deg,
        "location_percent": location_percent,
        "terminal_height_m": terminal_height_m,
        "surroundings": surroundings,
        "clutter_height_m": clutter_height_m,
        "street_width_m": street_width_m,
    }
    _answer("clutter", given, table, out, columns, as_json)


def _answer(
    kind: str,
    given: Given,
    table: Path | None,
    out: Path | None,
    columns: str | None,
    as_json: bool,
) -> None:
    """One link by its options, or all of a table."""
    said = {name: value for name, value in given.items() if value is not None}
    if table is None:
        if out is not None or columns is not None:
            raise typer.BadParameter(
                "goes only with --table FILE.csv. Add it.",
                param_hint="--out" if out is not None else "--columns",
            )
        _one(kind, said, as_json)
        return
    if said:
        raise typer.BadParameter(
            f"goes without {_options(said)}; the table says it. Leave one out.",
            param_hint="--table",
        )
    if out is None:
        raise typer.BadParameter(
            "needs --out FILE.csv to write to.", param_hint="--table"
        )
    _many(kind, table, out, columns, as_json)


def _one(kind: str, said: dict[str, float | str], as_json: bool) -> None:
    from gemel.interfaces.tables.attenuations import (
        added_by,
        attenuations,
        columns_of,
        fields_of,
        told_by,
    )

    for name, value in said.items():
        _refuse_nonsense(name, value)
    member = _member(kind, said)
    fields = fields_of(member, said)
    lost, valid = attenuations(member, [fields])
    lost_there, holds = float(lost[0]), bool(valid[0])
    if not holds:
        warn(f"this is outside the range that {member.source} speaks for.")
    if as_json:
        told = {**told_by(fields), **said}
        inputs = {name: told[name] for name in columns_of(member)}
        added = dict(zip(added_by(member), (lost_there, holds), strict=True))
        print_json({"kind": kind, **inputs, **added})
        return
    unit = "dB/km" if member.unit == "db_per_km" else "dB"
    typer.echo(f"attenuation  {lost_there:.6g} {unit}")
    typer.echo(f"valid        {'yes' if holds else 'no'}")


def _many(
    kind: str, table: Path, out: Path, columns: str | None, as_json: bool
) -> None:
    from gemel.interfaces.tables.adding import refuse_existing
    from gemel.interfaces.tables.attenuations import (
        attenuations,
        read_attenuations,
        write_attenuations,
    )

    refuse_existing(out)
    asked = read_attenuations(table, kind, renamed(columns))
    lost, valid = attenuations(asked.member, asked.rows)
    write_attenuations(out, asked, lost, valid)
    outside = len(valid) - int(valid.sum())
    if outside:
        first = asked.source.rows[int(valid.argmin())]
        warn(
            f"{outside} of {len(valid)} rows are outside the range that "
            f"{asked.member.source} speaks for, the first in {first.where}; the column "
            f"valid of {out} says which."
        )
    if as_json:
        print_json({"out": str(out), "rows": len(valid), "outside_range": outside})
        return
    typer.echo(f"{len(valid)} rows written to {out}, {outside} outside the range")


def _member(kind: str, said: Mapping[str, float | str]) -> "type[AbstractAttenuation]":
    """The one member of a kind that these options are all of, and enough for."""
    import dataclasses

    from gemel.interfaces.tables.attenuations import WORDS, columns_of
    from gemel.radio.attenuation import ATTENUATIONS

    open_to = [m for m in ATTENUATIONS[kind] if set(said) <= set(columns_of(m))]
    if not open_to:
        raise typer.BadParameter(
            f"{_options(said)} do not go together. Leave one out.", param_hint=kind
        )
    lacking = {}
    for member in open_to:
        must = [
            WORDS.get(field.name, field.name)
            for field in dataclasses.fields(member)
            if field.default is dataclasses.MISSING
        ]
        optional = {"clutter_height_m"}  # follows from the surroundings
        lacking[member] = [n for n in must if n not in said and n not in optional]
    found = min(open_to, key=lambda member: len(lacking[member]))
    if lacking[found]:
        ways = " or ".join(_options(lacking[member]) for member in open_to)
        raise typer.BadParameter(
            f"give {ways}, or --table FILE.csv for many.", param_hint=kind
        )
    return found


def _refuse_nonsense(name: str, value: float | str) -> None:
    from gemel.interfaces.tables.attenuations import ABOVE_ZERO

    if isinstance(value, str):
        return
    above = name in ABOVE_ZERO
    if not math.isfinite(value) or (above and value <= 0.0):
        wanted = "a finite number above zero" if above else "a finite number"
        raise typer.BadParameter(
            f"{value} is not {wanted}. Correct it.", param_hint=_options([name])
        )


def _options(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)
