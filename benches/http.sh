#!/usr/bin/env bash
# Requests per second of POST /api/v1/positions, by the IIN alone and with the code of a family's paper, beside a constant JSON route of
# the same server, in one run with wrk.
# Usage: benches/http.sh [DATABASE_URL]; without a URL a demo registry of 30 000 children on SQLite is made.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v wrk >/dev/null || { echo "wrk is missing: apt-get install wrk" >&2; exit 1; }
kezek=${KEZEK:-target/release/kezek}
[ -x "$kezek" ] || cargo build --release
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
url=${1:-}
if [ -z "$url" ]; then
  "$kezek" demo --once --children 30000 --data-dir "$work/demo" >/dev/null
  url="sqlite://$work/demo/kezek.sqlite3"
fi
"$kezek" export applications "$work/applications.csv" --database-url "$url" 2>/dev/null
python3 - "$work" <<'PY'
import csv, sys
folder = sys.argv[1]
with open(f"{folder}/applications.csv", newline="", encoding="utf-8") as f:
    iins = [row["child_iin"] for row in csv.DictReader(f)][:20000]
with open(f"{folder}/positions.lua", "w") as f:
    f.write("local iins = {" + ",".join(f'"{i}"' for i in iins) + "}\nlocal n = 0\n")
    f.write('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n')
    f.write("local ready = {}\ninit = function() for i, iin in ipairs(iins) do ready[i] = "
            "wrk.format(nil, nil, nil, '{\"iin\":\"' .. iin .. '\"}') end end\n")
    f.write("request = function() n = n % #ready + 1 return ready[n] end\n")
PY
"$kezek" serve --listen 127.0.0.1:0 --rate-limit off --database-url "$url" 2>"$work/log" &
server=$!
until address=$(grep -o 'http://[0-9.:]*' "$work/log"); do kill -0 "$server"; sleep 0.1; done
token=$("$kezek" token issue --role state_corporation --territory 000000000 --database-url "$url" 2>/dev/null | tail -n 1)
TOKEN=$token ADDRESS=$address python3 - "$work" <<'PY'
import csv, json, os, sys, urllib.error, urllib.request
folder, codes = sys.argv[1], []
head = {"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": "application/json", "Kezek-Purpose": "a bench"}
with open(f"{folder}/applications.csv", newline="", encoding="utf-8") as f:
    rows = list(csv.DictReader(f))[::100][:300]
for row in rows:
    body = json.dumps({"iin": row["applicant_iin"], "document": "1"}).encode()
    url = f"{os.environ['ADDRESS']}/api/v1/applications/{row['number']}/code"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, head)) as answer:
            codes.append((row["child_iin"], json.load(answer)["family_code"]))
    except urllib.error.HTTPError as refused:  # An attorney has applied: no representative of the child.
        if refused.code != 422:
            raise
with open(f"{folder}/codes.lua", "w", encoding="utf-8") as f:
    bodies = ",".join(f"'{json.dumps({'iin': iin, 'code': code})}'" for iin, code in codes)
    f.write("local bodies = {" + bodies + "}\nlocal n = 0\n")
    f.write('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n')
    f.write("local ready = {}\ninit = function() for i, body in ipairs(bodies) do ready[i] = "
            "wrk.format(nil, nil, nil, body) end end\n")
    f.write("request = function() n = n % #ready + 1 return ready[n] end\n")
PY
rate() { wrk -t1 -c32 -d5s "$@" > "$work/wrk"; grep 'Non-2xx' "$work/wrk" >&2 || true; awk '/Requests\/sec/ {print $2}' "$work/wrk"; }
for round in 1 2 3; do
  constant=$(rate "$address/healthz")
  positions=$(rate -s "$work/positions.lua" "$address/api/v1/positions")
  codes=$(rate -s "$work/codes.lua" "$address/api/v1/positions")
  awk -v p="$positions" -v q="$codes" -v c="$constant" 'BEGIN {
    printf "constant %.0f/s, positions %.0f/s, ratio %.2f; with a code %.0f/s, ratio %.2f\n", c, p, p / c, q, q / c}'
done
