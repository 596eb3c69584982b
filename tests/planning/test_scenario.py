"""The original comparison comes out of its numbers, and a scenario of one's own is checked field by field."""

from datetime import date

import pytest

from dawg_ai.errors import UsageError
from dawg_ai.planning import scenario

TODAY = date(2026, 11, 28)
# As the comparison stated them, with what its own numbers give to the cent.
STATED = {
    "AWS SageMaker, 4x A10G (ml.g5.12xlarge)": ("$1,063", "$1,063.50"),
    "Vast.ai, RTX 4090": ("$45", "$45.00"),
    "RunPod, RTX 4090": ("$59", "$58.50"),
    "Lambda, A100 40GB": ("$165", "$165.00"),
    "All seven, RTX-3090 hours": ("177 h", "177 h"),
    "All seven on an RTX 3090": ("$35.40", "$35.40"),
    "All seven on Kaggle, each begun in a new week of quota": ("9 weeks", "9 weeks"),
    "Colab Pro, three months": ("$30", "$30.00"),
    "All seven on rented RTX 3090, one after the other": ("1 week", "1.05 weeks"),
    "First year: AWS and its hosting": ("$9,139", "$9,139.00"),
    "First year: free training, CloudFront": ("$1,032", "$1,032.00"),
    "First year: free training, self-hosted": ("$0", "$0.00"),
}


def test_the_original_figures_come_out_of_the_data(home):
    found = scenario.load("original", TODAY)
    assert {each.title: (each.stated, each.computed) for each in found.figures} == STATED
    assert sum(work.amount for work in found.works) == 177 and len(found.works) == 7


def test_today_s_facts_stand_beside_them(home):
    figures = {each.title: each for each in scenario.load("original", TODAY).figures}
    aws = figures["AWS SageMaker, 4x A10G (ml.g5.12xlarge)"]
    assert "ml.g5.xlarge ($1.41/h, 331 days old)" in aws.today and "four A10G" in aws.differs
    kaggle = figures["All seven on Kaggle, each begun in a new week of quota"]
    assert kaggle.today.startswith("22 weeks (18 to 26) on one T4") and "P100" in kaggle.differs
    assert "$1.99/h)" in figures["Lambda, A100 40GB"].today


GOOD = 'title = "mine"\ndate = 2026-11-28\nbudget_usd = 5\n[[work]]\nname = "a"\nhours = 3\n'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hours = 3", "hours = -3", "mine.toml: work[0].hours is -3; expected a number above 0"),
        ("= 5", "= -5", "mine.toml: budget_usd is -5; expected a number of at least 0"),
        ("= 5", "= 5\ndeadline = 2026-01-01", "mine.toml: deadline is 2026-01-01, which is past"),
        ("= 5", "= 5\ndeadline = 2026-11-30", "mine.toml: deadline is 2026-11-30; plans are made by weeks"),
        ("= 5", "= 5\nweeks = 0", "mine.toml: weeks is 0; expected a number of at least 1"),
        (
            "hours = 3",
            'hours = 3\ndevice = "RTX 1"',
            "mine.toml: work[0].device is 'RTX 1'; expected one of: RTX 3090",
        ),
        ("[[work]]", "[[werk]]", "mine.toml: work is missing; expected at least one [[work]]"),
        (
            "hours = 3",
            'hours = 3\n[[work]]\nname = "a"\nhours = 1',
            "mine.toml: work[1].name is 'a'; expected a name",
        ),
        ("title", ": {", "mine.toml is not TOML"),
    ],
)
def test_a_wrong_scenario_is_one_line_with_the_path_of_the_field(tmp_path, old, new, said):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert scenario.load(str(path), TODAY).budget_usd == 5
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(UsageError) as error:
        scenario.load(str(path), TODAY)
    assert str(error.value).startswith(said) and "\n" not in str(error.value)


def test_a_deadline_counts_in_whole_weeks(tmp_path):
    (tmp_path / "mine.toml").write_text(GOOD.replace("= 5", "= 5\ndeadline = 2026-12-20"))
    assert scenario.load(str(tmp_path / "mine.toml"), TODAY).weeks == 3
    with pytest.raises(UsageError, match="no scenario 'orginal'; there are: original"):
        scenario.load("orginal", TODAY)
