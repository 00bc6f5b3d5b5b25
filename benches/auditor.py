#!/usr/bin/env python3
"""Audits what `kezek journal export --openings` writes, from fixtures/journal/README.md alone.

    kezek journal export --openings | benches/auditor.py --mix 1:3 > positions.csv

Checks every chain (order, instants, hashes), every seal and every count of a day, replays the rows that the openings tell, and writes the
position of every child who waits: `queue,application,position`. The registry's head goes to the error stream. With
`--until INSTANT` the registry is replayed as it stood then. The ratio of first priority to general is law, not journal:
`--mix P:G` for all queues, `--mix-of TERRITORY=P:G` or `TERRITORY=none` for those of one territory.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from itertools import takewhile

GENESIS = "0" * 64
EARLIER_MAY_FOLLOW = "mend_clock"
COUNTS, CHILD, FEWEST_TOLD = "count_acts", "child", 5
REPLAYED = ("applications", "queue_counters")
LIVE, SPENT = "live", "spent"


class Broken(Exception):
    """What does not fit, with home and record."""


def canonical(value):
    """RFC 8785 for what the journal holds: strings, whole numbers, booleans, lists, objects."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def root(leaves):
    """RFC 6962, 2.1: the root of the Merkle tree over leaves that are hashes already."""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return sha256(b"\x01", root(leaves[:left]), root(leaves[left:]))


class Registry:
    """The chains, and the rows that they have told."""

    def __init__(self, until):
        self.until = until
        self.chains = {}
        self.rows = {table: {} for table in REPLAYED}
        self.uncounted = defaultdict(list)

    def take(self, record):
        openings = record.pop("openings")
        home, seq = record["home"], record["seq"]
        last = self.chains.get(home, {"seq": 0, "at": "", "hash": GENESIS})
        where = f"home {home}, record {seq}"
        if seq != last["seq"] + 1:
            raise Broken(f"{where}: it follows record {last['seq']}")
        if record["prev"] != last["hash"]:
            raise Broken(f"{where}: it does not hold the hash of the record before")
        if record["at"] < last["at"] and record["act"] != EARLIER_MAY_FOLLOW:
            raise Broken(f"{where}: its instant is before that of the record ahead")
        hashed = {name: value for name, value in record.items() if name != "hash"}
        if sha256(canonical(hashed)).hex() != record["hash"]:
            raise Broken(f"{where}: its content does not match its hash")
        leaves = [sha256(b"\x00", bytes.fromhex(o["salt"]), canonical(o["opening"])) for o in openings]
        if record["seals"] != {"count": len(leaves), "root": root(leaves).hex()}:
            raise Broken(f"{where}: its openings are not those that it seals")
        self.chains[home] = record
        self.count(record, next((o["opening"]["act"] for o in openings if "act" in o["opening"]), record["act"]), where)
        if self.until is None or record["at"] <= self.until:
            for sealed in openings:
                self.fold(sealed["opening"].get("rows", {}))

    def fold(self, told):
        """The last row told under a key is the row; `null` where it is gone."""
        for table in REPLAYED:
            for key, row in told.get(table, {}).items():
                if row is None:
                    self.rows[table].pop(key, None)
                else:
                    self.rows[table][key] = dict(row, key=key)

    def count(self, record, act, where):
        """A record that counts says how often each act was done on a day."""
        done, minute = self.uncounted[record["home"]], record["at"][:16]
        if act != COUNTS:
            if act == EARLIER_MAY_FOLLOW:
                done[:] = [(min(at, minute), *rest) for at, *rest in done]
            done.append((minute, record["seq"], act, record["act"] == CHILD))
            return
        said = record["payload"]
        over = list(takewhile(lambda entry: entry[0] < said["ended_at"][:16], done))
        few = sum(of_child for *_, of_child in over) < FEWEST_TOLD
        acts = Counter(CHILD if few and of_child else act for _, _, act, of_child in over)
        if not over or over[-1][1] != said["until"] or acts != said["acts"]:
            raise Broken(f"{where}: it does not count what the records before it tell")
        del done[: len(over)]

    def head(self):
        heads = {home: record["hash"] for home, record in self.chains.items()}
        return sha256(canonical(heads)).hex()

    def queues(self):
        queues = defaultdict(list)
        for row in self.rows["applications"].values():
            if row["turn"] in (LIVE, SPENT):
                queues[queue_of(row)].append(row)
        return queues

    def counters(self, queue):
        row = self.rows["queue_counters"].get("/".join(str(part) for part in queue))
        return (row["first_priority"], row["general"]) if row else (0, 0)


def queue_of(row):
    return row["queue_territory"], row["cohort"], row["kind"]


def seat(row):
    return row["tier"], row["applied_at"], row["ticket"]


def in_order(rows, mix, counters):
    """The live and spent turns of a queue in their merged order."""
    streams = defaultdict(list)
    for row in sorted(rows, key=seat):
        streams[row["stream"]].append(row)
    first, general = streams["first_priority"], streams["general"]
    if mix is None:
        return sorted(rows, key=lambda row: (row["stream"] != "out_of_turn", seat(row)))
    p, g = mix
    turns = [((k // p) * (p + g) + k % p, row) for k, row in enumerate(first, counters[0])]
    turns += [((j // g) * (p + g) + p + j % g, row) for j, row in enumerate(general, counters[1])]
    return streams["out_of_turn"] + [row for _, row in sorted(turns, key=lambda turn: turn[0])]


def ratio(text):
    if text == "none":
        return None
    p, g = text.split(":")
    return int(p), int(g)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mix", type=ratio, default=None, metavar="P:G")
    parser.add_argument("--mix-of", action="append", default=[], metavar="TERRITORY=P:G")
    parser.add_argument("--until", metavar="INSTANT", help="YYYY-MM-DDTHH:MM:SS.ffffffZ")
    return parser.parse_args()


def main():
    given = arguments()
    of = {int(territory): ratio(mix) for territory, mix in (pair.split("=") for pair in given.mix_of)}
    registry = Registry(given.until)
    try:
        for line in sys.stdin:
            registry.take(json.loads(line))
    except Broken as broken:
        sys.exit(f"broken: {broken}")
    for queue, rows in sorted(registry.queues().items()):
        mix = of.get(queue[0], given.mix)
        ordered = in_order(rows, mix, registry.counters(queue))
        waiting = [row for row in ordered if row["turn"] == LIVE]
        for position, row in enumerate(waiting, 1):
            print(f"{queue[0]:09}-{queue[1]}-{queue[2]},{row['key']},{position}")
    print(registry.head(), file=sys.stderr)


if __name__ == "__main__":
    main()
