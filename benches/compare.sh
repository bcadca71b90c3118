#!/usr/bin/env bash
# Compares whole processes that look for all rules in a log: benches/compare.sh DOGWATCH FILE [PAIRS]
#
# dogwatch judges every line (`classify`: parsing, joining and masking included); its peers only count the lines with a
# hit of any pattern. They run in turn, A B A B, on the same bytes; user + system time counts, the middle of all pairs.
# Peers slower than one MB a second get the first MB alone.
set -euo pipefail
exec python3 - "$@" <<'PYTHON'
import json, os, re, shutil, statistics, subprocess, sys, tempfile

dogwatch, path = sys.argv[1:3]
pairs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
work = tempfile.mkdtemp(prefix="dogwatch-compare-")
listed = subprocess.run([dogwatch, "rules", "list", "--json"], stdout=subprocess.PIPE, check=True).stdout
patterns = [rule["pattern"] for rule in json.loads(listed)["rules"] if rule["pattern"]]
# Older engines take no escape that they do not need.
needed = set("\\.+*?()|[]{}^$#&-~")
plain = [re.sub(r"\\([^A-Za-z0-9])", lambda m: m[0] if m[1] in needed else m[1], p) for p in patterns]
names = os.path.join(work, "patterns")
with open(names, "w") as out:
    out.write("\n".join(plain) + "\n")
piece = os.path.join(work, "first-mb.log")
with open(path, "rb") as log, open(piece, "wb") as out:
    out.write(log.read(1_000_000))

# The older tools' way: every pattern on every line. What Python's engine cannot read is left out and counted.
loop = r"""
import re, sys
patterns, left_out = [], 0
for line in open(sys.argv[1], encoding='utf-8'):
    try: patterns.append(re.compile(line.rstrip('\n'), re.IGNORECASE | re.ASCII))
    except re.error: left_out += 1
print(sum(any(p.search(line) for p in patterns) for line in open(sys.argv[2], encoding='utf-8', errors='replace')), left_out)
"""

def run(command):
    """Seconds of user and system time, and the peak of memory in MB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024

def own(file):
    return [dogwatch, "classify", file]

peers = [("Python, one pattern after the other", lambda file: [sys.executable, "-c", loop, names, file], piece)]
if rg := shutil.which("rg"):
    peers.append(("rg -j1 -c -i --no-unicode -f", lambda file: [rg, "-j1", "-c", "-i", "-a", "--no-unicode", "-f", names, file], piece))
else:
    print("skipped: rg, which is not installed")
print("skipped: Hyperscan, for which no program is kept here")

print(f"{len(patterns)} patterns; {pairs} pairs of each")
print(f"{'':<38} {'MB':>6} {'MB/CPU s':>9} {'peak MB':>8} {'dogwatch is':>12}")

def row(name, size, times, ratio=""):
    seconds = statistics.median(time for time, _ in times)
    print(f"{name:<38} {size:>6.1f} {size / seconds:>9.2f} {max(peak for _, peak in times):>8.1f} {ratio:>12}")

for name, command, file in peers:
    size, ours, theirs = os.path.getsize(file) / 1e6, [], []
    for _ in range(pairs):
        ours.append(run(own(file)))
        theirs.append(run(command(file)))
    ratio = statistics.median(their[0] / our[0] for our, their in zip(ours, theirs))
    row("dogwatch classify", size, ours)
    row(name, size, theirs, f"{ratio:.1f} x")
row("dogwatch classify, whole file", os.path.getsize(path) / 1e6, [run(own(path)) for _ in range(pairs)])
shutil.rmtree(work)
PYTHON
