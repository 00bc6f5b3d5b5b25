#!/usr/bin/env python3
"""The same invented instances through kezek and through public engines, in one run, as ratios.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install matching algmatch py-school-match
    /tmp/peers/bin/python benches/peers.py [SIZE ...]

Each engine runs in its own process with a time limit. Measured are its solving alone, and everything with building its
own input objects and reading the files; kezek is measured as the whole command, from CSV to CSV. Every result is compared
with kezek's, child by child; py-school-match knows no sibling rule of its own, so it gets each school's order from us and
is compared under `--rule queue`, where a school's order is the queue's. Sizes default to 1000 and 10000.
"""

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

KEZEK = os.environ.get("KEZEK", os.path.join(os.path.dirname(__file__), "..", "target", "release", "kezek"))
LIMIT_SECONDS = int(os.environ.get("PEERS_LIMIT", "240"))


def load(folder):
    with open(os.path.join(folder, "groups.csv")) as file:
        groups = {row["id"]: int(row["capacity"]) for row in csv.DictReader(file)}
    children = []
    with open(os.path.join(folder, "children.csv")) as file:
        for row in csv.DictReader(file):
            siblings = set(filter(None, row["siblings_at"].split(";")))
            choices = [group for group in row["choices"].split(";") if group]
            # All instants of the generator have one offset, so their text sorts as they do.
            key = (int(row["priority_tier"]), row["applied_at"], int(row["id"]))
            children.append((row["id"], key, siblings, choices))
    return groups, children


def rankings(groups, children, rule):
    """Each group's order of the children that chose it."""
    chosen = {group: [] for group in groups}
    for child, (tier, at, ticket), siblings, choices in children:
        for group in choices:
            sibling = rule == "program" and group in siblings
            chosen[group].append(((tier, not sibling, at, ticket), child))
    return {group: [child for _, child in sorted(members)] for group, members in chosen.items()}


def run_matching(groups, children, rule):
    from matching.games import HospitalResident

    sys.setrecursionlimit(10**7)
    ranked = rankings(groups, children, rule)
    residents = {child: choices for child, _, _, choices in children}
    hospitals = {group: members for group, members in ranked.items() if members}
    game = HospitalResident.create_from_dictionaries(residents, hospitals, {g: groups[g] for g in hospitals})
    start = time.perf_counter()
    solution = game.solve(optimal="resident")
    seconds = time.perf_counter() - start
    return seconds, {str(child): str(group) for group, members in solution.items() for child in members}


def run_algmatch(groups, children, rule):
    from algmatch import HospitalResidentsProblem

    ranked = rankings(groups, children, rule)
    number = {child: n for n, (child, _, _, _) in enumerate(children, 1)}
    order = {group: n for n, group in enumerate(groups, 1)}
    problem = HospitalResidentsProblem(
        dictionary={
            "residents": {number[child]: [order[group] for group in choices] for child, _, _, choices in children},
            "hospitals": {
                order[group]: {"capacity": groups[group], "preferences": [number[child] for child in ranked[group]]}
                for group in groups
            },
        },
        optimised_side="residents",
    )
    start = time.perf_counter()
    solution = problem.get_stable_matching()
    seconds = time.perf_counter() - start
    child_of = {n: child for child, n in number.items()}
    group_of = {n: group for group, n in order.items()}
    result = {}
    for resident, hospital in solution["resident_sided"].items():
        if hospital not in ("", None):
            result[child_of[int(str(resident).lstrip("r"))]] = group_of[int(str(hospital).lstrip("h"))]
    return seconds, result


def run_py_school_match(groups, children, rule):
    import types

    # Only its plots and trading cycles need graph_tool, which no registry serves.
    stub = types.ModuleType("graph_tool.all")
    for name in ("Graph", "graph_draw", "all_circuits", "arf_layout", "sfdp_layout"):
        setattr(stub, name, None)
    sys.modules["graph_tool"], sys.modules["graph_tool.all"] = types.ModuleType("graph_tool"), stub
    import py_school_match as psm
    from py_school_match.algorithms.da import DA

    order = psm.Criteria("order", int)
    schools = {group: psm.School(capacity, group) for group, capacity in groups.items()}
    students = []
    # It sorts priorities from the largest down, so the first of the queue has the largest number.
    for number, (child, _, _, choices) in enumerate(sorted(children, key=lambda child: child[1])):
        student = psm.Student(child)
        student.preferences = [schools[group] for group in choices]
        student.add_characteristic(psm.Characteristic(order, len(children) - number))
        students.append(student)
    planner = psm.SocialPlanner(students, list(schools.values()), psm.RuleSet([psm.Rule(order)]))
    start = time.perf_counter()
    planner.run_matching(DA())
    seconds = time.perf_counter() - start
    return seconds, {student.id: student.assigned_school.id for student in students if student.assigned_school}


PEERS = {
    "matching": (run_matching, "program"),
    "algmatch": (run_algmatch, "program"),
    "py-school-match": (run_py_school_match, "queue"),
}


def one(name, folder):
    """In a process of its own: prints solving seconds, all seconds, agreement and peak memory as JSON."""
    run, rule = PEERS[name]
    begin = time.perf_counter()
    groups, children = load(folder)
    seconds, result = run(groups, children, rule)
    whole = time.perf_counter() - begin
    with open(os.path.join(folder, f"{rule}.csv")) as file:
        expected = {row["child_id"]: row["group_id"] for row in csv.DictReader(file) if row["group_id"]}
    differ = sum(expected.get(child) != result.get(child) for child, _, _, _ in children)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"solve": seconds, "whole": whole, "differ": differ, "mb": peak}))


def kezek(folder, rule):
    """Best of three whole commands: seconds and peak MB."""
    command = [KEZEK, "allocate", "--rule", rule, "--out", os.path.join(folder, f"{rule}.csv")]
    command += ["--groups", os.path.join(folder, "groups.csv"), "--children", os.path.join(folder, "children.csv")]
    best, peak = float("inf"), 0
    for _ in range(3):
        start = time.perf_counter()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        best = min(best, time.perf_counter() - start)
        peak = max(peak, usage.ru_maxrss / 1024)
        assert status == 0, command
    return best, peak


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        one(sys.argv[2], sys.argv[3])
        return
    sizes = [int(size) for size in sys.argv[1:]] or [1000, 10000]
    print("| engine | children | whole | of which solving | peak | times kezek | agrees |")
    print("|---|---|---|---|---|---|---|")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([KEZEK, "generate", "--children", str(size), "--seed", "1", "--out", folder], check=True)
            ours = {rule: kezek(folder, rule) for rule in ("program", "queue")}
            for rule, (seconds, peak) in ours.items():
                print(f"| kezek --rule {rule} | {size} | {seconds * 1000:.0f} ms | | {peak:.0f} MB | 1 | |")
            for name, (_, rule) in PEERS.items():
                command = [sys.executable, __file__, "--one", name, folder]
                begin = time.perf_counter()
                try:
                    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
                except subprocess.TimeoutExpired:
                    at_least = LIMIT_SECONDS / ours[rule][0]
                    print(f"| {name} | {size} | over {LIMIT_SECONDS} s | | | over {at_least:.0f} | |", flush=True)
                    continue
                if done.returncode != 0:
                    why = done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]
                    print(f"| {name} | {size} | fails after {time.perf_counter() - begin:.1f} s | | | | {why[0][:80]} |", flush=True)
                    continue
                got = json.loads(done.stdout.strip().splitlines()[-1])
                ratio = got["whole"] / ours[rule][0]
                agrees = "yes" if got["differ"] == 0 else f"{got['differ']} differ"
                print(
                    f"| {name} | {size} | {got['whole']:.2f} s | {got['solve']:.2f} s | {got['mb']:.0f} MB "
                    f"| {ratio:.0f} | {agrees} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
