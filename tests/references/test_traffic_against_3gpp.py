"""Are sizes and rates of traffic those of the published descriptions?

The table beside the measurements quotes 3GPP2's web traffic, NGMN's files and voice,
and XR of TR 38.838. Means and quantiles are worked out here from its numbers.
"""

import csv
import re
from statistics import NormalDist

import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.traffic import TRAFFIC, five_qi
from gemel.emulator.traffic import video as xr
from gemel.emulator.traffic import voice as telephone
from gemel.emulator.traffic.files import ngmn_files
from gemel.emulator.traffic.sizes import LogNormal
from gemel.emulator.traffic.web import web

MIDDLES = jnp.asarray((np.arange(1 << 20) + 0.5) / (1 << 20), jnp.float32)
SHARES = np.asarray([0.1, 0.5, 0.9, 0.99])


@pytest.fixture(scope="module")
def published(reference_dir):
    path = reference_dir / "traffic_models.csv"
    if not path.is_file():
        pytest.skip(f"{path} is no file: no published traffic to compare with")
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def numbers(published, source, quantity):
    """The numbers of a row's parameters, M meaning a million."""
    (row,) = (
        row
        for row in published
        if source in row["model"] and row["quantity"] == quantity
    )
    text = row["parameters"].replace(" MB", "e6")
    return [float(one) for one in re.findall(r"\d+\.?\d*(?:e\d+)?", text)]


@pytest.mark.parametrize(
    ("quantity", "name"),
    [("main object size", "main"), ("embedded object size", "embedded")],
)
def test_objects_of_pages(published, quantity, name):
    mean, std, low, high = numbers(published, "web", quantity)
    sigma = np.sqrt(np.log(1.0 + (std / mean) ** 2))
    mu = np.log(mean) - sigma**2 / 2.0
    normal = NormalDist(mu, sigma)
    below, above = normal.cdf(np.log(low)), normal.cdf(np.log(high))
    expected = [
        np.exp(normal.inv_cdf(below + share * (above - below))) for share in SHARES
    ]
    drawn = np.asarray(getattr(web(), name).draw(MIDDLES), float)
    # Quantiles of a million even parts, in float32.
    assert np.quantile(drawn, SHARES) == pytest.approx(expected, rel=2e-3)


def test_pages(published):
    shape, scale, bound, _ = numbers(published, "web", "number of embedded objects")
    page = web()
    x = np.linspace(scale, bound, 1_000_001)
    # Mean by the trapezium of the share above; what exceeds the bound is at it.
    mean = np.trapezoid((scale / x) ** shape, x)
    assert page.objects.mean == pytest.approx(mean, rel=1e-6)
    assert page.request_byte == numbers(published, "web", "request size")[0]
    assert page.reading_s == numbers(published, "web", "reading time")[0]
    assert page.parsing_s == numbers(published, "web", "parsing time")[0]


def test_files(published):
    mu, sigma, most = numbers(published, "NGMN FTP", "file size")
    size = ngmn_files().size
    assert isinstance(size, LogNormal)
    drawn = np.asarray(size.draw(MIDDLES), float)
    top = NormalDist(mu, sigma).cdf(np.log(most))
    expected = [np.exp(NormalDist(mu, sigma).inv_cdf(top * s)) for s in SHARES]
    # Quantiles of a million even parts, in float32.
    assert np.quantile(drawn, SHARES) == pytest.approx(expected, rel=2e-3)
    assert ngmn_files().gap_s == numbers(published, "NGMN FTP", "reading time")[0]


def test_voice(published):
    frame_ms, frame, activity, spurt_ms, silence, silence_ms = numbers(
        published, "VoIP", "frame/payload"
    )
    assert telephone.FRAME_US == frame_ms * 1e3
    assert telephone.FRAME_BYTE == frame
    assert telephone.SPURT_MS == spurt_ms
    assert telephone.SILENCE_BYTE == silence
    assert telephone.SILENCE_FRAMES * frame_ms == silence_ms
    talking, quiet = frame / frame_ms, silence / silence_ms
    expected = 8e3 * (activity * talking + (1.0 - activity) * quiet)
    assert TRAFFIC["voice"]().nominal_bps == pytest.approx(expected)


def test_extended_reality(published):
    percent, low, high, fps = numbers(published, "XR video", "packet size")
    drawn = np.asarray(xr.RELATIVE_SIZE.draw(MIDDLES), float)
    # The bounds lie 4.8 deviations out and take away less than 1e-4 of the spread.
    assert drawn.std() == pytest.approx(percent / 100.0, rel=1e-3)
    assert drawn.mean() == pytest.approx(1.0, abs=1e-4)
    bounds = xr.RELATIVE_SIZE.low, xr.RELATIVE_SIZE.high
    assert bounds == (low / 100.0, high / 100.0)
    assert 1e6 / xr.PERIOD_US == pytest.approx(fps, rel=1e-4)  # whole microseconds
    assert xr.JITTER_US.std == 1e3 * numbers(published, "XR video", "arrival jitter")[1]
    pose = numbers(published, "XR pose", "packet")
    assert pose == [xr.POSE_BYTE, xr.POSE_US / 1e3]


@pytest.mark.parametrize(
    ("name", "resource", "budget_ms"),
    # TS 23.501 table 5.7.4-1, the rows of the families.
    [
        ("voice", "GBR", 100.0),
        ("web", "non-GBR", 300.0),
        ("ftp3", "non-GBR", 300.0),
        ("video", "non-GBR", 10.0),
        ("control", "delay-critical GBR", 10.0),
    ],
)
def test_promises(name, resource, budget_ms):
    row = five_qi(TRAFFIC[name]().five_qi)
    assert (row.resource, row.delay_budget_ms) == (resource, budget_ms)
