#!/usr/bin/env bash
# Requests per second of POST /api/v1/positions beside a constant JSON route of the same server, in one run with wrk.
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
for round in 1 2 3; do
  constant=$(wrk -t1 -c32 -d5s "$address/healthz" | awk '/Requests\/sec/ {print $2}')
  positions=$(wrk -t1 -c32 -d5s -s "$work/positions.lua" "$address/api/v1/positions" | awk '/Requests\/sec/ {print $2}')
  awk -v p="$positions" -v c="$constant" 'BEGIN {printf "constant %.0f/s, positions %.0f/s, ratio %.2f\n", c, p, p / c}'
done
