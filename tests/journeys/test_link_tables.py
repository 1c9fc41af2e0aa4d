"""What happens between a table of links and the same table with losses?"""

import numpy as np
import pytest

from gemel.errors import InterfaceError
from gemel.interfaces.tables.links import path_losses, read_links, write_links
from gemel.radio.propagation import PATH_LOSSES

HEADER = "note,model,los,carrier_ghz,distance_2d_m,base_height_m,user_height_m\n"
ROWS = (
    "x,uma,true,3.5,100,25,1.5\ny,UMi,false,3.5,200,10,1.5\nz,uma,TRUE,3.5,100,25,1.5\n"
)


def saved(folder, content, name="links.csv"):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_losses_arrive_in_the_order_of_the_rows(tmp_path):
    links = read_links(saved(tmp_path, HEADER + ROWS))
    loss_db, valid = path_losses(links.rows)
    assert valid.tolist() == [True, True, True]
    assert loss_db[0] == loss_db[2] < loss_db[1]
    # TR 38.901, table 7.4.1-1, UMa LOS: 28 + 22 log10(d3D) + 20 log10(f), worked out
    # by hand for d3D = sqrt(100² + 23.5²); float32 carries seven digits of some 80 dB.
    distance_3d_m = np.hypot(100.0, 23.5)
    by_hand_db = 28.0 + 22.0 * np.log10(distance_3d_m) + 20.0 * np.log10(3.5)
    assert loss_db[0] == pytest.approx(by_hand_db, abs=1e-3)


@pytest.mark.parametrize("name", PATH_LOSSES)
def test_every_path_loss_can_be_asked_for(tmp_path, name):
    row = f"a,{name},yes,3.5,50,10,1.5\nb,{name},nlos,3.5,50,10,1.5\n"
    loss_db, valid = path_losses(read_links(saved(tmp_path, HEADER + row)).rows)
    assert np.isfinite(loss_db).all() and valid.dtype == bool
    assert loss_db[0] <= loss_db[1]


# Beyond the range of the table, each in one number: an answer that is not valid.
BEYOND = {
    "far": "a,uma,true,3.5,90000,25,1.5\n",
    "near": "a,umi,true,3.5,5,10,1.5\n",
    "low carrier": "a,inh,true,0.4,20,3,1\n",
    "high carrier": "a,rma,false,40,1000,35,1.5\n",
    "high user": "a,uma,false,3.5,100,25,30\n",
    "low base": "a,rma,true,0.7,100,5,1.5\n",
    "long hall": "a,inf-sh,true,3.5,700,8,1.5\n",
    "hidden above the clutter": "a,inf-hh,false,3.5,50,8,8\n",
    "as far as a number goes": "a,umi,false,1000,1e9,1e9,1e9\n",
    "as near as a number goes": "a,rma,false,1e-6,1e-6,1e-6,1e-6\n",
}


@pytest.mark.parametrize("what", BEYOND)
def test_where_a_formula_does_not_hold_is_said(tmp_path, what):
    rows = read_links(saved(tmp_path, HEADER + BEYOND[what])).rows
    loss_db, valid = path_losses(rows)
    assert valid.tolist() == [False]
    assert np.isfinite(loss_db).all()


@pytest.mark.parametrize("name", PATH_LOSSES)
def test_the_largest_and_smallest_numbers_still_have_a_loss(tmp_path, name):
    ends = ("1e-6", "1e9")
    text = "".join(
        f"a,{name},{seen},{carrier},{distance},{base},{user}\n"
        for seen in ("true", "false")
        for carrier in ("1e-6", "1000")
        for distance in ends
        for base in ends
        for user in ends
    )
    loss_db, valid = path_losses(read_links(saved(tmp_path, HEADER + text)).rows)
    assert np.isfinite(loss_db).all()
    assert not valid.any()


def test_the_table_comes_back_as_it_was_with_two_columns_more(tmp_path):
    # Columns of other names, a semicolon, decimal commas and an extra column.
    written = (
        "Model;LOS;f;distance;h_bs;h_ut;Bemerkung\n"
        'uma;true;3,5;100;25;1,5;"A; ""B"""\n'
        "uma;true;3,5;90000;25;1,5;fern\n"
    )
    links = read_links(saved(tmp_path, written), {"carrier_ghz": "f"})
    loss_db, valid = path_losses(links.rows)
    out = tmp_path / "out.csv"
    write_links(out, links, loss_db, valid)
    lines, before = out.read_text("utf-8").splitlines(), written.splitlines()
    assert lines[0] == before[0] + ";loss_db;valid"
    assert lines[1] == f"{before[1]};{loss_db[0]:.3f};true"
    assert lines[2] == f"{before[2]};{loss_db[1]:.3f};false"


def test_nothing_is_overwritten_and_nothing_is_left_behind(tmp_path):
    links = read_links(saved(tmp_path, HEADER + ROWS))
    result = path_losses(links.rows)
    there = saved(tmp_path, "mine", "there.csv")
    for path, part in (
        (there, "exists and is not overwritten"),
        (tmp_path / "nowhere" / "out.csv", "cannot be written"),
    ):
        with pytest.raises(InterfaceError) as caught:
            write_links(path, links, *result)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value) and part in str(caught.value)
        assert "--out" in str(caught.value)
    assert there.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["links.csv", "there.csv"]


GOOD = "a,uma,true,3.5,100,25,1.5\n"
BAD = {
    "unknown model": (
        GOOD + GOOD.replace("uma", "hata"),
        ["row 3", "column model", "'hata'", "inf-dh", "rma, uma, umi"],
    ),
    "unclear los": (GOOD.replace("true", "maybe"), ["row 2", "column los", "true or"]),
    "no model": (GOOD.replace("uma", ""), ["row 2", "column model", "is empty"]),
    "no distance": (GOOD.replace("100", ""), ["row 2", "distance_2d_m", "is empty"]),
    "distance 0": (GOOD.replace("100", "0"), ["row 2", "distance_2d_m", "above 0"]),
    "below ground": (GOOD.replace("25", "-2"), ["row 2", "base_height_m", "above 0"]),
    "megahertz": (GOOD.replace("3.5,", "3500,"), ["row 2", "3.5 for 3500 MHz"]),
    "no number": (GOOD.replace("3.5", "nan"), ["row 2", "carrier_ghz", "'nan'"]),
    "too far": (GOOD.replace("100", "1e30"), ["row 2", "distance_2d_m", "1e+09"]),
    "too small": (GOOD.replace("3.5", "1e-42"), ["row 2", "carrier_ghz", "1e-06"]),
    "text": (GOOD.replace("1.5", "tall"), ["row 2", "user_height_m", "'tall'"]),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_link_is_refused_in_one_line(tmp_path, what):
    rows, parts = BAD[what]
    with pytest.raises(InterfaceError) as caught:
        read_links(saved(tmp_path, HEADER + rows))
    message = str(caught.value)
    assert "\n" not in message and "links.csv" in message
    assert all(part in message for part in parts), message


def test_columns_that_would_be_written_twice_are_refused(tmp_path):
    path = saved(tmp_path, "valid," + HEADER + "1," + GOOD)
    with pytest.raises(InterfaceError, match="already has a column valid"):
        read_links(path)
    path = saved(tmp_path, HEADER.replace("los", "sight") + GOOD)
    with pytest.raises(InterfaceError, match="no column los"):
        read_links(path)
