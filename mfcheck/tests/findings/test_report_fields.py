"""Of every field of a report the check takes what lies just within its range, and names it just beyond."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from mfcheck.findings.checks import LONGEST_NAME
from mfcheck.findings.report_file import LONGEST_NUMBER, kind_of, parsed, read_report, read_twins
from mfcheck.findings.report_shape import check_report, check_twins
from mfcheck.tests.support.commands import refusal
from mfcheck.tests.support.compared_runs import WHOLE

LONG, TOO_LONG = "x" * LONGEST_NAME, "x" * (LONGEST_NAME + 1)
F, C, T = "theorems[0].claims[0].findings[0].", "theorems[0].claims[0].", "mutants[0]."
GONE = object()
DECIDED = ("statistic", "interval", "reference", "region", "alpha")


def put(path: str, value: Any) -> dict[str, Any]:
    """The whole report with another value at a path such as theorems[0].id."""
    found = copy.deepcopy(WHOLE)
    *steps, last = path.replace("]", "").replace("[", ".").split(".")
    holder: Any = found
    for step in steps:
        holder = holder[int(step) if step.isdigit() else step]
    if value is GONE:
        del holder[last]
    else:
        holder[int(last) if last.isdigit() else last] = value
    return found


def test_the_whole_report_is_sound() -> None:
    check_report(WHOLE)
    check_twins(WHOLE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 0),
        ("seed", 2**63 - 1),
        ("alpha", 0),
        ("alpha", 1),
        ("alpha", 0.5),
        ("level", "paper"),
        ("mfcheck", LONG),
        ("theory", LONG),
        ("created", TOO_LONG),
        ("created", GONE),
        ("full", GONE),
        ("narrowed", True),
        ("verdict", ""),
        ("devices", []),
        ("devices", ["cpu", ""]),
        ("mutants", None),
        ("mutants", GONE),
        ("mutants", []),
        ("architectures", ["x"]),
        ("theorems", []),
        ("environment", {"a": None, "b": 1, "c": 0.5, "d": LONG, LONG: ""}),
        ("dataset.files", []),
        ("dataset.norm", "a norm"),
        ("dataset.files[0].origin", ""),
        (f"{C}verdict", ""),
        (f"{C}says", ""),
        (f"{C}errors[0].message", ""),
        (f"{F}draws", 0),
        (f"{F}estimate", None),
        (f"{F}reference", None),
        (f"{F}region", [None, None]),
        (f"{F}region", [1, 1]),
        (f"{F}region", [2, None]),
        (f"{F}region", [None, 2]),
        (f"{F}engine", ""),
        (f"{F}statistic", LONG),
        (f"{F}expected", TOO_LONG),
        (f"{F}explored", True),
        (f"{F}regime", LONG),
        (f"{F}caveat", ""),
        (f"{F}parameters", {}),
        (f"{F}parameters", {"device": "cuda:0", "other": []}),
        (f"{T}reason", None),
        (f"{T}reason", GONE),
        (f"{T}killed_by", []),
        (f"{T}status", "equivalent"),
    ],
)
def test_what_lies_within_is_taken(path: str, value: Any) -> None:
    check_report(put(path, value))


NAME = f"must be a text of 1 to {LONGEST_NAME} characters"
LABEL = f"must be a text of at most {LONGEST_NAME}"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("seed", 2**63, f"seed must be a whole number in 0…{2**63 - 1}"),
        ("seed", -1, f"seed must be a whole number in 0…{2**63 - 1}"),
        ("seed", True, "seed must be a whole number in"),
        ("seed", GONE, "seed is missing"),
        ("alpha", -1e-9, "alpha must be a number in 0…1"),
        ("alpha", 1.001, "alpha must be a number in 0…1"),
        ("alpha", True, "alpha must be a number in 0…1, got true"),
        ("level", "Quick", "level must be one of glance, quick, standard, paper"),
        ("level", 1, "level must be one of"),
        ("mfcheck", TOO_LONG, f"mfcheck {NAME}"),
        ("mfcheck", "", f"mfcheck {NAME}, got ''"),
        ("theory", TOO_LONG, f"theory {NAME}"),
        ("created", 1, "created must be a text, got 1"),
        ("full", 1, "full must be true or false, got 1"),
        ("narrowed", None, "narrowed must be true or false, got null"),
        ("verdict", TOO_LONG, f"verdict {LABEL}"),
        ("devices", "cpu", "devices must be a list, got 'cpu'"),
        ("devices", [1], f"devices[0] {LABEL}"),
        ("mutants", {}, "mutants must be a list, got an object of 0"),
        ("architectures", [], "architectures must be a list of one at least, got a list of 0"),
        ("architectures", [""], f"architectures[0] {NAME}"),
        ("theorems", GONE, "theorems is missing"),
        ("theorems[0].claims", GONE, "theorems[0].claims is missing"),
        ("theorems[0].id", "", f"theorems[0].id {NAME}"),
        ("theorems[0].title", 1, "theorems[0].title must be a text"),
        ("theorems[0].verdict", 1, f"theorems[0].verdict {LABEL}"),
        ("environment", [], "environment must be an object, got a list of 0"),
        ("environment", {"a": TOO_LONG}, "environment.'a' must be a plain value, and short"),
        ("environment", {TOO_LONG: ""}, "must be a plain value, and short, got ''"),
        ("environment", {"a": {"b": 1}}, "environment.'a' must be a plain value, and short, got an object of 1"),
        ("dataset", GONE, "dataset is missing"),
        ("dataset.name", "", f"dataset.name {NAME}"),
        ("dataset.norm", 1, "dataset.norm must be a text"),
        ("dataset.files[0].sha256", GONE, "dataset.files[0].sha256 is missing"),
        ("dataset.files[0].file", "", f"dataset.files[0].file {NAME}"),
        ("dataset.files[0].origin", 1, "dataset.files[0].origin must be a text"),
        ("dataset.files[0].note", 1, "dataset.files[0].note must be a text"),
        (f"{C}id", GONE, f"{C}id is missing"),
        (f"{C}findings", GONE, f"{C}findings is missing"),
        (f"{C}errors", GONE, f"{C}errors is missing"),
        (f"{C}says", 1, f"{C}says must be a text"),
        (f"{C}verdict", 1, f"{C}verdict {LABEL}"),
        (f"{C}errors[0].cell", "", f"{C}errors[0].cell {NAME}"),
        (f"{C}errors[0].message", GONE, f"{C}errors[0].message is missing"),
        (f"{F}cell", TOO_LONG, f"{F}cell {NAME}"),
        (f"{F}cell", GONE, f"{F}cell is missing"),
        (f"{F}engine", TOO_LONG, f"{F}engine {LABEL}"),
        (f"{F}engine", GONE, f"{F}engine is missing"),
        (f"{F}verdict", GONE, f"{F}verdict is missing"),
        (f"{F}verdict", "perhaps", "one of supported, refuted, undecided, not applicable, got 'perhaps'"),
        (f"{F}expected", GONE, f"{F}expected is missing"),
        (f"{F}expected", None, f"{F}expected must be a text, got null"),
        (f"{F}verdict", "holds in part", "one of supported, refuted, undecided, not applicable, got 'holds in part'"),
        (f"{F}regime", TOO_LONG, f"{F}regime {LABEL}"),
        (f"{F}regime", None, f"{F}regime {LABEL}"),
        (f"{F}caveat", 1, f"{F}caveat {LABEL}"),
        (f"{F}explored", "", f"{F}explored must be true or false"),
        (f"{F}draws", -1, f"{F}draws must be a whole number from 0 on, got -1"),
        (f"{F}draws", 1.5, f"{F}draws must be a whole number from 0 on, got 1.5"),
        (f"{F}estimate", "1", f"{F}estimate must be a number or null"),
        (f"{F}estimate", True, f"{F}estimate must be a number or null, got true"),
        (f"{F}parameters", [], f"{F}parameters must be an object"),
        (f"{F}parameters.device", TOO_LONG, f"{F}parameters.device {LABEL}"),
        (f"{F}statistic", TOO_LONG, f"{F}statistic {LABEL}"),
        (f"{F}alpha", 2, f"{F}alpha must be a number in 0…1"),
        (f"{F}interval", [1, 2, 3], f"{F}interval must be a list of two numbers, got a list of 3"),
        (f"{F}interval", [1, "2"], f"{F}interval[1] must be a number or null"),
        (f"{F}interval", [None, 1], f"{F}interval of ratio to the theory has no end"),
        (f"{F}interval", [1, None], f"{F}interval of ratio to the theory has no end"),
        (f"{F}region", [2, 1], f"{F}region is no interval: it begins at 2 and ends at 1"),
        *((f"{F}{name}", GONE, f"{F}{name} is missing") for name in DECIDED),
        (f"{T}name", "", f"{T}name {NAME}"),
        (f"{T}formula", GONE, f"{T}formula is missing"),
        (f"{T}status", "ill", f"{T}status must be one of survived, untested, killed, equivalent"),
        (f"{T}killed_by", [1], f"{T}killed_by[0] {NAME}"),
        (f"{T}killed_by", GONE, f"{T}killed_by is missing"),
        (f"{T}reason", 1, f"{T}reason must be a text"),
    ],
)  # fmt: skip
def test_what_lies_beyond_is_named_with_its_place(path: str, value: Any, said: str) -> None:
    assert said in refusal(lambda: check_report(put(path, value)))


def test_a_finding_that_is_not_applicable_needs_no_numbers() -> None:
    bare = {"cell": "one", "engine": "dense", "verdict": "not applicable", "expected": ""}
    check_report(put("theorems[0].claims[0].findings[0]", bare))


def test_what_is_no_object_at_all_is_it() -> None:
    assert refusal(lambda: check_report([])) == "it must be an object, got a list of 0"
    assert refusal(lambda: check_report({})).endswith("level is missing")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("mutants", None, ""),
        ("level", GONE, ""),
        ("theorems[0].claims[0].findings", GONE, ""),
        ("full", "yes", "full must be true or false, got 'yes'"),
        ("mutants", GONE, "mutants is missing"),
        ("theorems", GONE, "theorems is missing"),
        ("theorems[0].claims", GONE, "theorems[0].claims is missing"),
        ("theorems[0].claims[0].id", GONE, "theorems[0].claims[0].id is missing"),
    ],
)
def test_a_table_of_twins_needs_twins_and_the_ids_of_claims_alone(path: str, value: Any, said: str) -> None:
    assert refusal(lambda: check_twins(put(path, value))) == said


def test_numbers_may_have_so_many_digits_and_no_more() -> None:
    whole, broken = "1" * LONGEST_NUMBER, "0." + "1" * (LONGEST_NUMBER - 2)
    assert parsed(whole.encode()) == int(whole)
    assert parsed(broken.encode()) == float(broken)
    assert refusal(lambda: parsed(whole.encode() + b"1")) == f"a number of {LONGEST_NUMBER + 1} digits stands in it"
    assert "too large or too long" in refusal(lambda: parsed(broken.encode() + b"1"))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({}, "an object"),
        ([], "a list"),
        ("", "a text"),
        (True, "a truth value"),
        (None, "null"),
        (1, "a number"),
        (0.5, "a number"),
    ],
)
def test_values_have_the_names_of_json(value: object, name: str) -> None:
    assert kind_of(value) == name


BASELINE, TWINS = "write one with: mfcheck baseline reports/report.json -o FILE", "run pytest claims first"
READS = "this version reads schemas 1 and 2"
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (DEEP, "{name} is not JSON of a report: it is nested too deeply; {cure}"),
        ("{", "{name} is not JSON, or was cut short ("),
        ("[]", "{name} is no report of mfcheck: it holds a list where an object should be; {cure}"),
        ("7", "{name} is no report of mfcheck: it holds a number where an object should be; {cure}"),
    ],
)
def test_a_file_that_holds_no_report_is_told_with_its_cure(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "odd.json"
    file.write_text(content)
    for read, cure in ((read_report, BASELINE), (read_twins, TWINS)):
        found = refusal(lambda read=read: read(file))
        assert found.startswith(said.format(name=repr(str(file)), cure=cure))
        assert found.endswith(f"; {cure}")


def test_a_report_of_another_kind_is_told_with_its_cure(tmp_path: Path) -> None:
    file = tmp_path / "odd.json"
    name = repr(str(file))
    for document, read, said in (
        ({"theorems": []}, read_report, f"{name} is no report of mfcheck: it has no schema or no theorems; {BASELINE}"),
        ({"schema": 1}, read_report, f"{name} is no report of mfcheck: it has no schema or no theorems; {BASELINE}"),
        *(
            ({**WHOLE, "schema": schema}, read_report, f"{name} has schema {schema!r}, {READS}; {BASELINE}")
            for schema in (3, 0, True, "x", None, 1.0)
        ),
        ({**WHOLE, "seed": -1}, read_report, f"{name} is a damaged report (seed must be a whole number in "),
        (
            {"schema": 1},
            read_twins,
            f"report {name} holds no wrong twins; it is no report.json of this version; {TWINS}",
        ),
        *(
            ({**WHOLE, "schema": schema}, read_twins, f"report {name} holds no wrong twins; it is no report.json")
            for schema in (3, True, "x")
        ),
        ({"mutants": 1}, read_twins, f"{name} is a damaged report (mutants must be a list, got 1); {TWINS}"),
    ):
        file.write_text(json.dumps(document))
        assert refusal(lambda read=read: read(file)).startswith(said)
    file.write_text(json.dumps({name: WHOLE[name] for name in ("mutants", "theorems")}))
    assert read_twins(file)["mutants"] == WHOLE["mutants"]  # of a version before schemas
    for schema in (1, 2):
        file.write_text(json.dumps({**WHOLE, "schema": schema}))
        assert read_report(file) == {**WHOLE, "schema": schema}
        assert read_twins(file)["schema"] == schema
    assert "cannot be read (" in refusal(lambda: read_report(tmp_path / "nowhere.json"))
