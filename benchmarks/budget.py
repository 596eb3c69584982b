"""A hard budget: random campaigns under three policies, and the overhead of checkpoints beside Young's formula.

    python benchmarks/budget.py [CAMPAIGNS]

Every campaign has one to three trainings, free hours with a quota, paid machines that are interrupted, prices that
move between the offer and the start, answers that are lost, and an orchestrator that is away for up to 30 hours. One
row a policy: campaigns over budget, over quota, and with two machines on one training; cost over budget; work done.
"""

import json
import sys
from pathlib import Path
from statistics import mean
from typing import Any

from dawg_ai import progress
from dawg_ai.planning.simulate import POLICIES, Policy, random_campaign

RESULT = Path(__file__).parent / "results" / "budget.json"


def row(policy: Policy, campaigns: int) -> dict[str, Any]:
    """What came of the campaigns under one policy."""
    outcomes = []
    with progress.bar(policy, "campaign", campaigns) as bar:
        for seed in range(campaigns):
            outcomes.append(random_campaign(policy, seed).run())
            bar.update()
    shares = [each.cost_usd / each.budget_usd for each in outcomes]
    return {
        "policy": policy,
        "campaigns": campaigns,
        "over_budget": sum(each.cost_usd > each.budget_usd + 1e-6 for each in outcomes),
        "over_quota": sum(each.most_quota_h > each.quota_h + 1e-6 for each in outcomes),
        "double_runs": sum(each.doubles > 0 for each in outcomes),
        "mean_cost_over_budget": round(mean(shares), 4),
        "worst_cost_over_budget": round(max(shares), 4),
        "mean_work_done": round(mean(each.done_h / sum(each.work_h) for each in outcomes), 4),
    }


def main() -> None:
    """Measure, print and save."""
    campaigns = int(sys.argv[1]) if sys.argv[1:] else 5000
    rows = [row(policy, campaigns) for policy in POLICIES]
    for each in rows:
        print(json.dumps(each))
    RESULT.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
