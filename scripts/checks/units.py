"""The units of systemd/: exposure below a bar, and filters that what they run can live with.

    scripts/checks/units [--write]      with --write the table of bench/security.md is made anew
"""
import glob
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

BIN = os.path.abspath(os.environ["DCB_BIN"])
# What each may have at most (0 is the least, 10 the most): what it was when it was tightened, and room for what newer systemds count besides.
BARS = {"dcb-backup": 1.0, "dcb-oauth-check": 1.0, "dcb-reconcile": 1.8, "dcb-webhook": 1.8, "dcb-pairing-sweep": 2.1}
faults = []


def exposure(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    left = [(match[1], match[2]) for match in re.finditer(r"^\S*✗\S* (\S+)\s.*?([0-9.]+)\s*$", done.stdout, re.M)]
    return (float(found[1]) if found else None), left, done.stderr


def members(group, seen):
    """The system calls of a group, in words."""
    if group in seen:
        return set()
    seen.add(group)
    done = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", group], capture_output=True, text=True)
    words = re.findall(r"^\s+([@a-z_0-9-]+)$", done.stdout, re.M)
    found = set()
    for word in words:
        found |= members(word, seen) if word.startswith("@") else {word}
    return found


def allowed(unit):
    text = open(unit, encoding="utf-8").read()
    taken = set()
    for value in re.findall(r"^SystemCallFilter=(.*)$", text, re.M):
        for word in value.lstrip("~").split():
            calls = members(word, set()) if word.startswith("@") else {word}
            taken = taken - calls if value.startswith("~") else taken | calls
    return taken | members("@default", set())


def traced(state, words, given=""):
    """The system calls of a command and of all it starts."""
    log = os.path.join(state, "trace")
    env = {"PATH": BIN + ":/usr/bin:/bin", "HOME": state, "OPENCLAW_STATE_DIR": os.path.join(state, "state"), "HOOK_TOKEN": "0123456789abcdef0123456789abcdef"}
    done = subprocess.run(["timeout", "-s", "TERM", "60", "strace", "-f", "-qq", "-o", log, "-e", "signal=none"] + words, input=given, capture_output=True, text=True, env=env)
    calls = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", open(log, errors="replace").read(), re.M))
    return done, calls


levels = {}
for unit in sorted(glob.glob("systemd/*.service")):
    name = os.path.basename(unit)[:-len(".service")]
    level, left, said = exposure(unit)
    if level is None and "offline" in said:
        print("skipped: units: this systemd-analyze cannot judge a unit offline")
        sys.exit(0)
    if level is None:
        faults.append("%s: no level: %s" % (unit, said.strip()[-300:]))
        continue
    levels[name] = (level, left)
    if level > BARS.get(name, 0):
        faults.append("%s: exposed %.1f, and its bar is %.1f: %s" % (unit, level, BARS.get(name, 0), ", ".join(what for what, _ in left)))
for name in BARS:
    if name not in levels:
        faults.append("systemd/%s.service is not there" % name)

runs = 0
if shutil.which("strace"):
    work = tempfile.mkdtemp(prefix="dcb-units-")
    try:
        os.mkdir(os.path.join(work, "state"), 0o700)
        open(os.path.join(work, "state", "openclaw.json"), "w").write(
            '{"gateway":{"mode":"local"},"agents":{"defaults":{"systemAgent":{"agentId":"main"}},"ownership":"explicit","entries":{"main":{}}},"bindings":[],'
            '"session":{"dmScope":"per-channel-peer"},"channels":{"whatsapp":{"dmPolicy":"pairing","allowFrom":[]}}}')
        document = '{"phone":"+15550000001"}\n'
        jobs = [
            ("dcb-webhook", ["dcb-onboard"], document, 0), ("dcb-webhook", ["dcb-onboard", "--undo", "--purge"], document, 0),
            ("dcb-webhook", ["dcb-onboard"], document, 0), ("dcb-webhook", ["dcb-state", "get"], document, 0),
            ("dcb-reconcile", ["dcb-reconcile", "--repair", "--job", "reconcile", "--format", "json"], "", 0),
            ("dcb-oauth-check", ["dcb-oauth-check", "--record", "--job", "oauth-check", "--format", "json"], "", 0),
            ("dcb-backup", ["dcb-backup", "create", "--to", os.path.join(work, "archives"), "--job", "backup"], "", 0),
            ("dcb-webhook", ["timeout", "3", "dcb-webhook", "--listen", "127.0.0.1:0"], "", 124),
        ]
        for name, words, given, code in jobs:
            # What an agent has of databases is another process's work.
            for workspace in glob.glob(os.path.join(work, "state", "workspace-*")) if name == "dcb-backup" else []:
                sqlite3.connect(os.path.join(workspace, "a.db")).execute("CREATE TABLE t (a)")
            words = [os.path.join(BIN, words[0])] + words[1:] if words[0].startswith("dcb-") else words
            words = [os.path.join(BIN, word) if word == "dcb-webhook" else word for word in words]
            done, calls = traced(work, words, given)
            if done.returncode != code or not calls:
                faults.append("%s: %s ended with %d: %s" % (name, words, done.returncode, done.stderr[-500:]))
            # SQLite gives its files to their owner only when it runs as root.
            bad = calls - allowed("systemd/%s.service" % name) - ({"fchown"} if os.geteuid() == 0 else set())
            if bad:
                faults.append("systemd/%s.service forbids what %s does: %s" % (name, os.path.basename(words[0]), ", ".join(sorted(bad))))
            runs += 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
else:
    print("skipped: units: the system calls need strace")

if "--write" in sys.argv:
    version = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    lines = ["| unit | exposure | bar | what counts against it |", "|---|---|---|---|"]
    for name, (level, left) in sorted(levels.items()):
        lines.append("| %s | %.1f | %.1f | %s |" % (name, level, BARS[name], ", ".join("%s %s" % (what.replace("|", "\\|"), count) for what, count in left)))
    text = open("bench/security.md", encoding="utf-8").read()
    head, rest = text.split("<!-- units -->\n", 1)
    tail = rest.split("<!-- /units -->", 1)[1]
    body = "`scripts/checks/units --write`, %s.\n\n%s\n" % (version, "\n".join(lines))
    open("bench/security.md", "w", encoding="utf-8").write(head + "<!-- units -->\n" + body + "<!-- /units -->" + tail)
for line in faults:
    print("units: " + line)
print("units: %s; %d runs within their filters, %d faults" % (", ".join("%s %.1f" % (name, level) for name, (level, _) in sorted(levels.items())), runs, len(faults)))
sys.exit(1 if faults or not levels else 0)
