"""What does 3GPP say about the clusters of each environment?

TR 38.901 V16.1.0: table 7.5-6 (parts 1 to 3), tables 7.5-7 to 7.5-11 (zenith of
departure), 7.5-2 and 7.5-4 (scaling of angles), 7.5-3 (rays of a cluster). The numbers
stand in `tables/`, one file an environment; what a file leaves out is zero.
"""

import csv
import functools
import importlib.resources
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.errors import ScenarioError
from gemel.radio.small_scale.parameters import (
    ORDER,
    ClusterTable,
    LogNormal,
    ZenithDeparture,
)

ENVIRONMENTS = ("uma", "umi", "rma", "inh", "inf")
COLUMNS = ("los", "nlos", "o2i")  # of table 7.5-6
SMALL_HALL_M = 4.0  # 120 m × 60 m × 10 m, table 7.8-7: its volume over its surface

Column = Callable[..., Float[Array, " state"]]


def cluster_table(
    environment: str,
    volume_per_surface_m: float = SMALL_HALL_M,
    most_clusters: int | None = None,
) -> ClusterTable:
    """The table of one of ENVIRONMENTS.

    volume_per_surface_m:  of the factory hall; others do not ask. All kinds of hall
                           share one table
    most_clusters:         to pad to, so that environments have one shape; 25 fits all

    In an office or a hall everybody is indoors, so that its states are two, not four.
    Raises ScenarioError if the environment is unknown, the hall has no volume or the
    padding is too short.
    """
    if environment not in ENVIRONMENTS:
        raise ScenarioError(
            f"there are no clusters for environment {environment!r}; "
            f"choose one of {', '.join(ENVIRONMENTS)}."
        )
    if not volume_per_surface_m > 0.0:
        raise ScenarioError(
            f"volume_per_surface_m is {volume_per_surface_m}; a hall has a volume. "
            f"Give metres, e.g. {SMALL_HALL_M}."
        )
    numbers, angles = _numbers(environment), _numbers("rays")
    seen, hidden, behind = COLUMNS
    walls = f"{behind}.clusters" in numbers
    states = [seen, hidden, behind, behind] if walls else [seen, hidden] * 2
    counts = [round(numbers[f"{state}.clusters"]) for state in states]
    if most_clusters is not None and most_clusters < max(counts):
        raise ScenarioError(
            f"environment {environment!r} has {max(counts)} clusters, which do not fit "
            f"into {most_clusters}; give at least that many, or nothing."
        )
    for state in set(states):
        numbers[f"{state}.ds.mean"] += _hall(numbers, state, volume_per_surface_m)

    def column(name: str, absent: float = 0.0) -> Float[Array, " state"]:
        return _array([numbers.get(f"{state}.{name}", absent) for state in states])

    def everywhere(name: str) -> Float[Array, " state"]:
        return _array([numbers.get(name, 0.0)] * len(states))

    return ClusterTable(
        has_direct_ray=_array([state == seen for state in states]),
        comes_level=_array([state == behind for state in states]),
        ds=_log_normal(column, "ds"),
        asd=_log_normal(column, "asd"),
        asa=_log_normal(column, "asa"),
        zsa=_log_normal(column, "zsa"),
        zenith_departure=_zenith_departure(numbers, environment),
        mixing=_array([_mixing(numbers, state) for state in states]),
        distance_m=jnp.stack([column(f"distance.{x}", np.nan) for x in ORDER], -1),
        k_mean_db=column("k.mean"),
        k_sigma_db=column("k.sigma"),
        xpr_mean_db=column("xpr.mean"),
        xpr_sigma_db=column("xpr.sigma"),
        delay_scaling=column("delay_scaling"),
        cluster_count=_array(counts),
        cluster_shadow_db=column("cluster.shadow"),
        cluster_ds_ns=column("cluster.ds.mean"),
        cluster_ds_per_decade=column("cluster.ds.per_decade"),
        cluster_ds_floor_ns=column("cluster.ds.floor"),
        cluster_asd_deg=column("cluster.asd"),
        cluster_asa_deg=column("cluster.asa"),
        cluster_zsa_deg=column("cluster.zsa"),
        azimuth_scaling=_array([angles[f"azimuth_scaling.{n}"] for n in counts]),
        zenith_scaling=_array([angles[f"zenith_scaling.{n}"] for n in counts]),
        decade_offset_ghz=everywhere("decade_offset_ghz"),
        lowest_carrier_ghz=everywhere("lowest_carrier_ghz"),
        most_clusters=most_clusters or max(counts),
    )


@functools.cache
def ray_offsets() -> Float[np.ndarray, " ray"]:
    """Table 7.5-3: where the rays of a cluster lie, in cluster spreads."""
    numbers = _numbers("rays")
    sides = [numbers[f"ray_offset.{ray}"] for ray in range(1, 20, 2)]
    return np.array([side for one in sides for side in (one, -one)])


def _numbers(file: str) -> dict[str, float]:
    folder = importlib.resources.files("gemel.radio.small_scale") / "tables"
    with (folder / f"{file}.csv").open(encoding="utf-8") as lines:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(lines)}


def _array(values: list) -> Float[Array, "..."]:
    return jnp.asarray(np.array(values, float))


def _hall(numbers: dict[str, float], state: str, volume_per_surface_m: float) -> float:
    """Table 7.5-6 part 3: how many decades longer a hall rings for its size."""
    if f"{state}.ds.hall_ns" not in numbers:
        return 0.0
    per_m, ns = numbers[f"{state}.ds.hall_ns_per_m"], numbers[f"{state}.ds.hall_ns"]
    return float(np.log10(per_m * volume_per_surface_m + ns))


def _log_normal(column: Column, name: str) -> LogNormal:
    return LogNormal(
        mean=column(f"{name}.mean"),
        mean_per_decade=column(f"{name}.mean_per_decade"),
        sigma=column(f"{name}.sigma"),
        sigma_per_decade=column(f"{name}.sigma_per_decade"),
    )


def _zenith_departure(numbers: dict[str, float], environment: str) -> ZenithDeparture:
    # Behind a wall a city's zenith angles are those of the street outside; table 7.5-9,
    # of the country, has one column for them, equal to that of hidden users.
    rural = ("los", "nlos", "nlos", "nlos")
    states = rural if environment == "rma" else COLUMNS[:2] * 2

    def column(name: str, absent: float = 0.0) -> Float[Array, " state"]:
        return _array([numbers.get(f"{state}.{name}", absent) for state in states])

    return ZenithDeparture(
        spread=_log_normal(column, "zsd"),
        per_km=column("zsd.per_km"),
        per_user_metre=column("zsd.per_user_metre"),
        per_metre_apart=column("zsd.per_metre_apart"),
        per_metre_above=column("zsd.per_metre_above"),
        floor=column("zsd.floor", -np.inf),
        shift_deg=column("zod.shift"),
        shift_deg_per_decade=column("zod.shift_per_decade"),
        scale=column("zod.scale"),
        slope=column("zod.slope"),
        slope_per_decade=column("zod.slope_per_decade"),
        nearest_m=column("zod.nearest", 1.0),
        lg_deg=column("zod.lg"),
        lg_deg_per_decade=column("zod.lg_per_decade"),
        lg_deg_per_user_metre=column("zod.lg_per_user_metre"),
        higher_m=column("zod.higher_m"),
        lower_m=column("zod.lower_m"),
    )


def _mixing(numbers: dict[str, float], state: str) -> Float[np.ndarray, "7 7"]:
    """The lower triangle whose square is the table's correlation matrix."""
    correlation = np.eye(len(ORDER))
    for i, one in enumerate(ORDER):
        for j, other in enumerate(ORDER):
            for pair in (f"{one}_{other}", f"{other}_{one}"):
                if f"{state}.correlation.{pair}" in numbers:
                    correlation[i, j] = numbers[f"{state}.correlation.{pair}"]
    return np.linalg.cholesky(correlation)
