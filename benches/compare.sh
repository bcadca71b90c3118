#!/usr/bin/env bash
# Compares whole processes that look for all rules in logs: benches/compare.sh DOGWATCH FILE.. ; PAIRS=9 for more of them.
#
# dogwatch does all of its work (`analyze`: secrets masked, lines parsed and joined to events, events judged and
# grouped); its peers only count the lines with a hit of any pattern. They run in turn, A B A B, on the same bytes;
# user + system time counts, the middle of all pairs. Peers slower than some MB a second get a piece alone.
set -euo pipefail
exec python3 - "$@" <<'PYTHON'
import json, os, re, shutil, statistics, subprocess, sys, tempfile

dogwatch, *paths = sys.argv[1:]
pairs = int(os.environ.get("PAIRS", "5"))
work = tempfile.mkdtemp(prefix="dogwatch-compare-")
listed = subprocess.run([dogwatch, "rules", "list", "--json"], stdout=subprocess.PIPE, check=True).stdout
patterns = [rule["pattern"] for rule in json.loads(listed)["rules"] if rule["pattern"]]
# Older engines take no escape that they do not need.
needed = set("\\.+*?()|[]{}^$#&-~")
plain = [re.sub(r"\\([^A-Za-z0-9])", lambda m: m[0] if m[1] in needed else m[1], p) for p in patterns]
names = os.path.join(work, "patterns")
with open(names, "w") as out:
    out.write("\n".join(plain) + "\n")

# The older tools' way: every pattern on every line. What Python's engine cannot read is left out and counted.
LOOP = r"""
import re, sys
patterns, left_out = [], 0
for line in open(sys.argv[1], encoding='utf-8'):
    try: patterns.append(re.compile(line.rstrip('\n'), re.IGNORECASE | re.ASCII))
    except re.error: left_out += 1
hits = sum(any(p.search(line) for p in patterns) for line in open(sys.argv[2], encoding='utf-8', errors='replace'))
print(hits, 'lines;', left_out, 'patterns left out')
"""

# Hyperscan, line by line. What it cannot compile is left out and counted.
SCAN = r"""
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static int hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *line) {
    (void)id; (void)from; (void)to; (void)flags;
    *(int *)line = 1;
    return 1;
}
int main(int count, char **names) {
    if (count != 3) return 2;
    static char line[1 << 20];
    static char *patterns[4096];
    static unsigned flags[4096], ids[4096];
    unsigned number = 0, left_out = 0;
    FILE *file = fopen(names[1], "r");
    if (!file) return 2;
    while (number < 4096 && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        hs_database_t *alone; hs_compile_error_t *error;
        if (hs_compile(line, HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH, HS_MODE_BLOCK, NULL, &alone, &error)) {
            hs_free_compile_error(error);
            left_out++;
            continue;
        }
        hs_free_database(alone);
        ids[number] = number;
        flags[number] = HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH;
        patterns[number++] = strdup(line);
    }
    fclose(file);
    hs_database_t *all; hs_compile_error_t *error; hs_scratch_t *scratch = NULL;
    clock_t begin = clock();
    if (hs_compile_multi((const char *const *)patterns, flags, ids, number, HS_MODE_BLOCK, NULL, &all, &error)) return 2;
    double built = (double)(clock() - begin) / CLOCKS_PER_SEC;
    if (hs_alloc_scratch(all, &scratch) || !(file = fopen(names[2], "rb"))) return 2;
    size_t hits = 0, bytes = 0;
    begin = clock();
    while (fgets(line, sizeof line, file)) {
        size_t length = strlen(line);
        int found = 0;
        bytes += length;
        hs_scan(all, line, length - (length && line[length - 1] == '\n'), 0, scratch, hit, &found);
        hits += found;
    }
    double scanned = (double)(clock() - begin) / CLOCKS_PER_SEC;
    printf("%zu lines; %u patterns left out; built in %.0f ms; then %.1f MB/CPU s\n", hits, left_out, built * 1e3,
           bytes / 1e6 / scanned);
}
"""

def run(command):
    """Seconds of user and system time, the peak of memory in MB, and what was said."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said.strip()

# Name, command, and how many MB of a log it gets.
peers = [("Python, one pattern after the other", lambda file: [sys.executable, "-c", LOOP, names, file], 1)]
if rg := shutil.which("rg"):
    peers.append(("rg -j1 -c -i --no-unicode -f", lambda file: [rg, "-j1", "-c", "-i", "-a", "--no-unicode", "-f", names, file], 5))
else:
    print("skipped: rg, which is not installed")
source, scan = os.path.join(work, "scan.c"), os.path.join(work, "scan")
with open(source, "w") as out:
    out.write(SCAN)
cc = shutil.which("cc")
if cc and subprocess.run([cc, "-O2", "-o", scan, source, "-lhs"], stderr=subprocess.DEVNULL).returncode == 0:
    peers.append(("Hyperscan, line by line", lambda file: [scan, names, file], 1000))
else:
    print("skipped: Hyperscan, which needs a C compiler and libhyperscan-dev")

print(f"{len(patterns)} patterns; {pairs} pairs of each")
print(f"{'':<38} {'MB':>6} {'MB/CPU s':>9} {'peak MB':>8} {'dogwatch is':>12}")

def row(name, size, runs, ratio=""):
    seconds = statistics.median(seconds for seconds, _, _ in runs)
    print(f"{name:<38} {size:>6.1f} {size / seconds:>9.2f} {max(peak for _, peak, _ in runs):>8.1f} {ratio:>12}")

for path in paths:
    print(path)
    for name, command, most in peers:
        piece = os.path.join(work, "piece.log")
        with open(path, "rb") as log, open(piece, "wb") as out:
            out.write(log.read(most * 1_000_000))
        size, ours, theirs = os.path.getsize(piece) / 1e6, [], []
        for _ in range(pairs):
            ours.append(run([dogwatch, "analyze", piece]))
            theirs.append(run(command(piece)))
        ratio = statistics.median(their[0] / our[0] for our, their in zip(ours, theirs))
        row("dogwatch analyze", size, ours)
        row(name, size, theirs, f"{ratio:.2f} x")
        if "\n" not in theirs[0][2] and " " in theirs[0][2]:
            print(f"  {theirs[0][2]}")
shutil.rmtree(work)
PYTHON
