"""What is the whole day on one page that needs nothing but a browser?"""

import re
from collections.abc import Iterable
from html import escape

from gemel.report.charts import charts
from gemel.report.maps import maps
from gemel.report.parts import figures_html, table_html, tiles_html
from gemel.report.results import DayResult
from gemel.report.sheet import page_of
from gemel.report.story import story
from gemel.report.wording import (
    change_percent,
    demand,
    figures,
    headline,
    optimism,
    percent,
    shown_once,
    with_unit,
)

JUDGED = (
    "Every period is judged, and the numbers are those of the worst one; energy is "
    "judged on the day's sum."
)


def render_page(result: DayResult) -> str:
    """One HTML page that asks nothing of the net: pictures, style and words inside.

    Names from the network are text here, whatever they contain.
    """
    title = f"{result.scenario}: a day of the network running itself"
    return page_of(
        title,
        f"""{_opening(result)}
<h2>Numbers of the day</h2>
{_numbers(result)}
<h2>Maps</h2>
<div class="grid">{figures_html(maps(result))}</div>
<h2>Hour by hour</h2>
{_hours(result)}
<h2>What was decided, and why</h2>
<p class="soft">Times are hours and minutes since the start.</p>
<div class="card">{story(result.journal)}</div>
{_closing(result)}""",
    )


def _opening(result: DayResult) -> str:
    happened, intent = headline(result)
    facts = (
        f"{result.scenario}: {len(result.cells.name):,} cells, {result.users:,} users, "
        f"{figures(result.hours)} h in periods of {figures(result.period_s / 60)} min"
    )
    met = sum(target.fulfilled for target in result.targets)
    tiles = [
        (percent(result.saving_percent), "energy saved in the radio units"),
        (percent(result.saving_with_overhead_percent), "saved with site overhead"),
        (f"{met} of {len(result.targets)}", "targets of the intent fulfilled"),
        (f"{result.actions.rolled_back:,}", "actions rolled back"),
    ]
    if result.oracle_saving_percent is not None:
        possible = (percent(result.oracle_saving_percent), "possible, says the oracle")
        tiles.insert(1, possible)
    return (
        f'<header><p class="kicker">{escape(facts)}</p>'
        f'<h1>{escape(happened)}</h1><p class="lead">{escape(intent)}</p></header>'
        f"{tiles_html(tiles)}"
    )


def _numbers(result: DayResult) -> str:
    rows = [_energy_row("Radio units", result, 0.0, result.saving_percent)]
    rest_kwh = float(result.overhead_kwh.sum())
    saving = result.saving_with_overhead_percent
    rows.append(_energy_row("With site overhead", result, rest_kwh, saving))
    before, after = result.throughput_baseline, result.throughput_autonomous
    for name, base_mbps, ours_mbps in (
        ("User throughput, mean", before.mean_mbps, after.mean_mbps),
        ("User throughput, 5th percentile", before.p5_mbps, after.p5_mbps),
    ):
        change = 100 * (ours_mbps / base_mbps - 1) if base_mbps > 0 else float("nan")
        base, ours = with_unit(base_mbps, "Mbit/s"), with_unit(ours_mbps, "Mbit/s")
        rows.append((name, base, ours, change_percent(change)))
    heads = ("", "Baseline", "Autonomous", "Change")
    day = table_html(heads, [tuple(map(escape, row)) for row in rows])
    cards = [f'<div class="card"><h3>Both lives</h3>{day}</div>']
    if result.targets:
        cards.append(f'<div class="card"><h3>Intent</h3>{_targets(result)}</div>')
    cards.append(f'<div class="card"><h3>Decisions</h3>{_actions(result)}</div>')
    cards.append(f'<div class="card"><h3>The twin</h3>{_twin(result)}</div>')
    return f'<div class="grid">{"".join(cards)}</div>'


def _energy_row(
    name: str, result: DayResult, extra_kwh: float, saving_percent: float
) -> tuple[str, str, str, str]:
    base_kwh = float(result.energy_baseline_kwh.sum()) + extra_kwh
    ours_kwh = float(result.energy_autonomous_kwh.sum()) + extra_kwh
    change = change_percent(-saving_percent)
    return (name, with_unit(base_kwh, "kWh"), with_unit(ours_kwh, "kWh"), change)


def _targets(result: DayResult) -> str:
    rows = []
    for target in result.targets:
        look, word = ("good", "met") if target.fulfilled else ("bad", "missed")
        minutes = figures(target.violation_minutes)
        rows.append(
            (
                f"{escape(target.name)}<br>"
                f'<span class="soft">{escape(demand(target))}</span>',
                escape(figures(target.day_baseline)),
                escape(figures(target.day_achieved)),
                f'<span class="mark {look}">{word}</span>'
                + ("" if target.per_day else f"<br>{minutes} min"),
            )
        )
    table = table_html(("Target", "Baseline", "Autonomous", "Violated"), rows)
    return f'{table}<p class="soft">{escape(JUDGED)}</p>'


def _actions(result: DayResult) -> str:
    actions = result.actions
    rows = [
        ("Proposed", f"{actions.proposed:,}"),
        ("Approved", f"{actions.approved:,}"),
        ("Refused", f"{actions.refused:,}"),
        *((f"— {escape(why)}", f"{many:,}") for why, many in actions.refusal_reasons),
        ("Rolled back", f"{actions.rolled_back:,}"),
    ]
    return table_html(("Proposals", "How many"), rows)


def _twin(result: DayResult) -> str:
    load = with_unit(result.twin_prb_points_median, "points of PRB usage")
    rows = [
        ("Load of a cell", load),
        ("Throughput", percent(result.twin_throughput_percent_median)),
    ]
    table = table_html(("Forecast against report", "Median error"), rows)
    said = (f'<p class="soft">{escape(line)}</p>' for line in optimism(result))
    return table + "".join(said)


def _hours(result: DayResult) -> str:
    if pictures := charts(result):
        return f'<div class="grid">{figures_html(pictures)}</div>'
    return "<p>The day was interrupted before its first period ended.</p>"


def _closing(result: DayResult) -> str:
    command = result.command
    notes = _lines("Notes", result.notes)
    sources = _lines("Data", result.attribution)
    return (
        f"{notes}<h2>Do it again</h2><p><code>{escape(command)}</code><br>"
        f'<span class="soft">It took {figures(result.wall_s)} s. The same seed on one '
        "machine with the same versions gives the same numbers.</span></p>"
        f'<footer class="soft">{sources}</footer>'
    )


def _lines(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{_linked(line)}</li>" for line in shown_once(lines))
    return f"<h2>{title}</h2><ul>{items}</ul>" if items else ""


def _linked(line: str) -> str:
    """The line as HTML; an address in it can be followed, but is never fetched."""
    parts = re.split(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:)])", line)
    return "".join(
        f'<a href="{escape(part)}" rel="noreferrer">{escape(part)}</a>'
        if index % 2  # what the pattern caught stands at odd places
        else escape(part)
        for index, part in enumerate(parts)
    )
