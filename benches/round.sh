#!/usr/bin/env bash
# A round in the running service over a whole city: register generated and imported, places published, round held over REST,
# its files fetched over REST and verified offline. Usage: benches/round.sh [CHILDREN [DATABASE_URL]]
set -euo pipefail
cd "$(dirname "$0")/.."
children=${1:-120000}
kezek=${KEZEK:-target/release/kezek}
[ -x "$kezek" ] || cargo build --release
kezek=$(realpath "$kezek")
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
url=${2:-sqlite://$work/kezek.sqlite3}
home=391000000
"$kezek" generate --register --children "$children" --territory "$home" --out "$work/register"
python3 - "$work/register" <<'PY'
# A hundred places in every group of the city, for every year of birth that its age band holds in 2026.
import csv, sys
folder = sys.argv[1]
def rows(name):
    with open(f"{folder}/{name}.csv", newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))
city = {k["id"] for k in rows("kindergartens") if k["territory"].startswith("3910")}
with open(f"{folder}/places.csv", "w", newline="", encoding="utf-8") as f:
    out = csv.writer(f, lineterminator="\n")
    out.writerow(["group", "cohort", "count", "available_on"])
    for g in rows("groups"):
        if g["kindergarten"] in city:
            for age in range(int(g["age_from_months"]) // 12, int(g["age_to_months"]) // 12):
                out.writerow([g["id"], 2025 - age, 100, "2026-12-01"])
PY
[ -n "${2:-}" ] || "$kezek" init --database-url "$url" 2>/dev/null
for kind in territories kindergartens groups applications places; do
  /usr/bin/time -f "import $kind: %e s" "$kezek" import "$kind" "$work/register/$kind.csv" --database-url "$url"
done 2>&1 | grep -E '^import|fault' || true
token=$("$kezek" token issue --role department --territory "$home" --database-url "$url" 2>/dev/null | tail -n 1)
"$kezek" serve --listen 127.0.0.1:0 --rate-limit off --database-url "$url" 2>"$work/log" &
server=$!
until address=$(grep -o 'http://[0-9.:]*' "$work/log"); do kill -0 "$server"; sleep 0.1; done
TOKEN=$token ADDRESS=$address KEZEK=$kezek python3 - "$work" "$home" <<'PY'
import json, os, subprocess, sys, time, urllib.request
work, home = sys.argv[1:]
def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": "Bearer " + os.environ["TOKEN"], "content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(os.environ["ADDRESS"] + path, data, headers)) as answer:
        return answer.read()
def timed(what, run):
    start = time.monotonic()
    result = run()
    print(f"{what}: {time.monotonic() - start:.1f} s")
    return result
dry = json.loads(timed("dry round", lambda: ask("/api/v1/rounds", {"territory": home, "dry_run": True})))
held = json.loads(timed("round", lambda: ask("/api/v1/rounds", {"territory": home, "dry_run": False})))
same = [r["application"] for r in dry["allocation"]] == [r["application"] for r in held["allocation"]]
print(f"{sum(q['participants'] for q in held['queues'])} participants, {held['placed']} referrals, as in the dry round: {same}")
def fetch():
    read = json.loads(ask(f"/api/v1/rounds/{held['id']}/certificate"))
    for c in read["certificates"]:
        os.makedirs(f"{work}/{c['pass']}")
        for name, file in c["files"].items():
            with open(f"{work}/{c['pass']}/{name}", "wb") as f:
                f.write(ask(file["href"]))
    return [c["pass"] for c in read["certificates"]]
def verify(run):
    files = [part for name in ("groups", "children", "allocation", "certificate") for part in (f"--{name}", f"{work}/{run}/{name}")]
    return subprocess.run([os.environ["KEZEK"], "verify", *files, "--replay"]).returncode
passes = timed("files fetched over REST", fetch)
codes = timed(f"{len(passes)} certificates verified offline with replay", lambda: [verify(p) for p in passes])
print("exit codes:", codes)
sys.exit(any(codes) or not same)
PY
