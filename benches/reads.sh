#!/usr/bin/env bash
# What the log of reads costs a read: GET /api/v1/applications/{number} of two builds by turns over copies of one registry, with wrk;
# requests a second, and the server's processor time for each.
# Usage: benches/reads.sh BEFORE AFTER [DATABASE_URL]: two kezek binaries, and an empty PostgreSQL database for both where one is named.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v wrk >/dev/null || { echo "wrk is missing: apt-get install wrk" >&2; exit 1; }
before=$1 after=$2
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
export KEZEK_KEYS="$work/keys"
for build in before after; do
  "${!build}" demo --once --children 3000 --data-dir "$work/$build" >/dev/null
  "${!build}" export applications "$work/$build.csv" --database-url "sqlite://$work/$build/kezek.sqlite3" 2>/dev/null
  cut -d, -f1 "$work/$build.csv" | sed 1d | awk 'BEGIN {printf "local n = 0\nlocal all = {"} {printf "\"%s\",", $1} END {print "}\n" \
    "request = function() n = n % #all + 1 return wrk.format(\"GET\", \"/api/v1/applications/\" .. all[n]) end"}' > "$work/$build.lua"
done
for round in 1 2 3; do
  for build in before after; do
    url="sqlite://$work/$build/kezek.sqlite3"
    if [ -n "${3:-}" ]; then
      psql -q "$3" -c 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' 2>/dev/null
      "${!build}" copy --from "$url" --to "$3" >/dev/null 2>&1
      url=$3
    fi
    # A new account each time: nothing is read yet.
    token=$("${!build}" token issue --role portal --territory 000000000 --database-url "$url" 2>/dev/null)
    rm -f "$work/log"; touch "$work/log"
    "${!build}" serve --listen 127.0.0.1:0 --rate-limit off --database-url "$url" 2>>"$work/log" &
    server=$!
    until address=$(grep -o 'http://[0-9.:]*' "$work/log"); do kill -0 "$server"; sleep 0.1; done
    sleep 2
    ticks() { awk '{print $14 + $15}' "/proc/$server/stat"; }
    from=$(ticks)
    wrk -t1 -c8 -d3s -H "Authorization: Bearer $token" -s "$work/$build.lua" "$address" > "$work/wrk"
    to=$(ticks)
    grep 'Non-2xx' "$work/wrk" || true
    awk -v b="$build" -v t="$((to - from))" -v hz="$(getconf CLK_TCK)" '/requests in/ {n = $1} /Requests\/sec/ {r = $2}
      END {printf "%s: %.0f/s, %.0f us of processor each\n", b, r, t / hz / n * 1e6}' "$work/wrk"
    kill "$server"; wait "$server" || true
  done
done
