"""How good is the twin now, on one page that needs nothing but a browser?"""

from html import escape

from gemel.report.fidelity import (
    AHEAD,
    WORST,
    about,
    fine,
    headline,
    signed_skill,
    typical_of,
    unit_of,
    when,
)
from gemel.report.fidelity_pictures import pictures
from gemel.report.parts import figures_html, table_html, tiles_html
from gemel.report.sheet import again, page_of
from gemel.report.wording import figures, percent
from gemel.twin.fidelity.fidelity import Fidelity, KpiFidelity
from gemel.twin.fidelity.grades import FEWEST_PAIRS, LIMITS, RUNGS
from gemel.twin.fidelity.scores import PERIOD

LOOKS = {"A": "good", "B": "good", "C": "bad", "D": "bad"}  # of a grade's mark


def render_fidelity(told: Fidelity, place: str, command: str) -> str:
    """One HTML page; names from the network are text here, whatever they contain.

    place:  what was watched, for the title
    """
    every, badly = pictures(told) if told.kpis else ([], [])
    return page_of(
        f"{place}: how good the twin is",
        f"""{_opening(told, place)}
<h2>Drift</h2>
{_drift(told)}
<h2>Errors and intervals</h2>
{_kpis(told)}
<div class="grid" style="margin-top:1rem">{figures_html(every)}</div>
<h2>The worst cells</h2>
<div class="grid">{figures_html(badly)}</div>
{_cells(told)}
<h2>What the grades mean</h2>
{_grades()}
{again(command)}""",
    )


def _opening(told: Fidelity, place: str) -> str:
    facts = (
        f"{place}: {len(told.pairs):,} forecasts against reports of "
        f"{figures(told.window_s / 3_600)} h until {when(told.now_s)}, in periods of "
        f"{figures(told.pairs.period_s / 60)} min; "
        f"{percent(100 * told.pairs.heard)} of the values came"
    )
    names = dict.fromkeys(kpi.name for kpi in told.kpis if kpi.horizon == PERIOD)
    tiles = [(told.grade(name), name) for name in names]
    tiles.append((f"{len(told.standing):,}", "drift alarms that stand"))
    return (
        f'<header><p class="kicker">{escape(facts)}</p><h1>{_title(told)}</h1>'
        f'<p class="lead">{escape(headline(told))}</p></header>'
        f"{tiles_html(tiles)}"
    )


def _title(told: Fidelity) -> str:
    grades = sorted(told.grade(k.name) for k in told.kpis if k.horizon == PERIOD)
    drift = "and something drifts" if told.standing else "and nothing drifts"
    if not grades:
        return "Nothing was checked yet"
    best, last = grades[0], grades[-1]
    earned = best if best == last else f"{best} to {last}"
    return f"The twin's forecasts earn {earned}, {drift}"


def _drift(told: Fidelity) -> str:
    rule = (
        '<p class="soft">Errors of next-period forecasts are summed up, cell by cell '
        "and for all cells together. While nothing drifts, "
        f"{figures(told.rule.false_alarms)} false alarms are expected in a window, "
        "all cells and measurements taken together.</p>"
    )
    if not told.alarms:
        return f"<p>No errors ran away in one direction.</p>{rule}"
    rows = [
        (
            escape(about(alarm)),
            '<span class="mark bad">stands</span>'
            if alarm.over_s is None
            else '<span class="mark plain">over</span>',
        )
        for alarm in told.alarms[:WORST]
    ]
    more = len(told.alarms) - len(rows)
    rest = f'<p class="soft">and {more:,} more.</p>' if more else ""
    table = table_html(("What ran away", ""), rows)
    return f'<div class="card">{table}</div>{rest}{rule}'


def _kpis(told: Fidelity) -> str:
    heads = (
        "Measurement",
        "Grade",
        "Error",
        "Bias",
        "In the 90 % interval",
        "Against persistence",
        "Against seasonal",
    )
    cards = []
    for ahead, words in AHEAD.items():
        rows = [_kpi_row(kpi) for kpi in told.kpis if kpi.horizon == ahead]
        if rows:
            table = table_html(heads, rows)
            cards.append(
                f'<div class="card" style="margin-bottom:1rem">'
                f"<h3>{words.capitalize()}</h3>{table}</div>"
            )
    note = (
        '<p class="soft">Error: of the cell in the middle. Persistence repeats the '
        "last value, seasonal the one of the same time a day earlier; −30 % is three "
        "tenths less error than theirs.</p>"
    )
    return "".join(cards) + note


def _kpi_row(kpi: KpiFidelity) -> tuple[str, ...]:
    score, verdict = kpi.score, kpi.verdict
    whole = " of all cells" if kpi.whole else ""
    return (
        f"{escape(kpi.name + whole)}<br>"
        f'<span class="soft">{escape(verdict.reason)}</span>',
        f'<span class="mark {LOOKS[verdict.grade]}">{verdict.grade}</span>',
        escape(typical_of(kpi)),
        escape(fine(score.bias, unit_of(kpi.name))),
        escape(percent(100 * score.coverage)),
        escape(signed_skill(score.persistence)),
        escape(signed_skill(score.seasonal)),
    )


def _cells(told: Fidelity) -> str:
    rows = []
    for cell in told.cells[:WORST]:
        scores = cell.scores.items()
        name, score = max(scores, key=lambda item: item[1].surprise)
        rows.append(
            (
                escape(cell.cell),
                escape(figures(cell.surprise)),
                escape(name),
                escape(fine(score.mean_absolute, unit_of(name))),
                escape(percent(100 * score.coverage)),
            )
        )
    heads = ("Cell", "Surprise", "Most by", "Its error", "In the 90 % interval")
    note = (
        '<p class="soft">Surprise: mean distance of reports from forecasts, in the '
        "spreads that were stated; 0.8 where intervals are honest. "
        f"The worst {len(rows)} of {len(told.cells):,} cells.</p>"
    )
    table = table_html(heads, rows)
    return f'<div class="card" style="margin-top:1rem">{table}</div>{note}'


def _grades() -> str:
    rows = []
    for grade, rung in RUNGS.items():
        limits = LIMITS.get(grade)
        says = ("less than C, or hardly anything checked", "", "", "")
        if limits is not None:
            low, high = limits.covered
            says = (
                f"{limits.points:g} points, or {100 * limits.share:g} %",
                f"{100 * low:g} to {100 * high:g} %",
                f"{limits.skill:+g}",
                f"{100 * limits.drifting:g} % of the cells",
            )
        mark = f'<span class="mark {LOOKS[grade]}">{grade}</span>'
        rows.append((f"{mark} {escape(rung)}", *map(escape, says)))
    heads = ("Grade, and what a loop may do", "Error", "In the interval", "Skill")
    table = table_html((*heads, "Drift in at most"), rows)
    note = (
        '<p class="soft">The worst of the four decides. Skill is over the better naive '
        f"forecast. With fewer than {FEWEST_PAIRS} forecasts checked the grade is D."
        "</p>"
    )
    return f'<div class="card">{table}</div>{note}'
