"""The harness compares fairly and says plainly whether a target is met."""

import json
from pathlib import Path

from rich.console import Console

from tests.bench.harness import Report, Row, Target, medians

MET = Row("warm checkout", 5.0, "µs", "stock", 10.0, Target(50.0, "< 50 µs"))
MISSED = Row("warm checkout", 80.0, "µs", "stock", 10.0, Target(50.0, "< 50 µs"))


def test_every_contender_takes_its_turn_in_every_round_and_the_first_is_not_counted() -> None:
    turns: list[str] = []
    values = {"ours": iter([900.0, 1.0, 5.0, 2.0]), "stock": iter([900.0, 7.0, 7.0, 7.0])}

    def turn(name: str) -> float:
        turns.append(name)
        return next(values[name])

    took = medians({"ours": lambda: turn("ours"), "stock": lambda: turn("stock")}, 3)

    assert took == {"ours": 2.0, "stock": 7.0}
    assert turns == ["ours", "stock", "stock", "ours"] * 2


def test_a_ratio_above_one_means_that_ours_is_better() -> None:
    assert MET.ratio == 2.0
    assert Row("import", 5.0, "ms").ratio is None


def test_a_target_is_met_or_missed_or_not_there() -> None:
    report = Report()
    for row in (MET, MISSED, Row("import", 5.0, "ms")):
        report.add(row)

    assert [row.met for row in report.rows] == [True, False, None]
    assert report.missed == [MISSED]


def test_what_is_shown_and_written_says_the_same(tmp_path: Path) -> None:
    report = Report()
    report.add(MISSED)
    console = Console(record=True, width=200)

    report.show(console)
    report.write(tmp_path / "build" / "bench.json")

    shown = console.export_text()
    written = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert "warm checkout" in shown
    assert "missed" in shown
    assert written["rows"][0]["value"] == 80.0
    assert written["rows"][0]["met"] is False
    assert written["machine"]["cores"]
