"""The command lines of docs/*.md, and the lint of README's (scripts/checks/readme runs them).

A block of shell says in its info string what becomes of it:

    ```sh run                     it runs here; the blocks of a document run one after the other in one session, in a scratch state folder
    ```sh run needs=A,B           the same, as soon as the commands A and B are built; until then it is reported as not run
    ```sh docker|openclaw|host    it needs a Docker daemon, a real OpenClaw or a host of yours: it is linted

An unmarked block of shell is a fault. Linted means: the shell and shellcheck accept it, scripts and files of this repository that it names are
there, and every option of a dcb command or script is in its --help. Commands in `code` in the prose are linted too. Links must lead somewhere.
"""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

BIN = os.path.abspath(os.environ["DCB_BIN"])
ROOT = os.getcwd()
MARKS = {"docker", "openclaw", "host"}
faults, skipped, counts = [], [], {"run": 0, "linted": 0, "code": 0}
helps = {}
# Scripts that a package installs as dcb-NAME.
INSTALLED = ("setup", "pairing-sweep", "cron-setup")
# Commands and documents of which other ones speak already.
PLANNED = {"dcb-reconcile", "dcb-oauth-check", "dcb-backup", "dcb-webhook", "dcb-cron-setup", "scripts/cron-setup"}
LATER = {"docs/gateway.md", "docs/operations.md", "docs/backup-and-restore.md"}


def fault(place, text):
    faults.append("%s: %s" % (place, text))


def blocks(text):
    """(line, info, body) of each fenced block."""
    found, fence = [], None
    for number, line in enumerate(text.split("\n"), 1):
        if fence is None:
            match = re.match(r"^ {0,3}(`{3,})\s*(.*)$", line)
            if match:
                fence = (match[1], number, match[2].strip(), [])
        elif line.strip() == fence[0]:
            found.append((fence[1], fence[2], "\n".join(fence[3]) + "\n"))
            fence = None
        else:
            fence[3].append(line)
    return found


def help_of(command):
    """The help of a dcb command or of a script here; None when it is not there (yet)."""
    if command not in helps:
        path = shutil.which(command, path=BIN) if command.startswith("dcb-") else None
        name = command[4:] if command.startswith("dcb-") else os.path.basename(command)
        if path is None and (name == command.split("/")[-1] or name in INSTALLED) and os.access(os.path.join("scripts", name), os.X_OK):
            path = os.path.join("scripts", name)
        if path is None:
            helps[command] = None
        elif path.startswith("scripts/") and "--help" not in open(path, encoding="utf-8").read():
            # It takes no options; asked for help it would just begin.
            helps[command] = "none"
        else:
            done = subprocess.run([path, "--help"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
            helps[command] = done.stdout + done.stderr
    return helps[command]


def lint_line(place, words):
    """The commands of ours in a line, and their options."""
    current, begins = None, True
    for word in words:
        if re.fullmatch(r"[|&;()]+|then|do|else|!|if|while|sudo|exec", word):
            current, begins = None, True
        elif begins and re.match(r"[A-Za-z_]+=", word):
            continue
        elif begins and re.fullmatch(r"(\S*/)?dcb-[a-z-]+", word) or re.fullmatch(r"(\./)?scripts/[a-z-]+", word):
            begins = False
            current = os.path.basename(word) if "dcb-" in word else word
            if "scripts/" in word and not os.access(word, os.X_OK):
                return fault(place, "%s is not there" % word)
            if help_of(current) is None:
                if current in PLANNED:
                    skipped.append("%s: %s is not there yet: its options are not checked" % (place.split(":")[0], current))
                else:
                    fault(place, "there is no command %s" % current)
        elif current and help_of(current) and re.match(r"--[a-z]", word):
            option = word.split("=")[0]
            if not re.search(r"(^|[\s,|\[(])%s\b(?!-)" % re.escape(option), help_of(current)):
                fault(place, "%s has no option %s" % (current, option))
        else:
            begins = False


def words_of(text):
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return text.split()


def lint(place, body):
    done = subprocess.run(["sh", "-n"], input=body, capture_output=True, text=True)
    if done.returncode:
        fault(place, "the shell refuses it: " + done.stderr.strip())
    if shutil.which("shellcheck"):
        done = subprocess.run(["shellcheck", "-s", "sh", "-S", "warning", "-e", "SC2034,SC2154,SC2164", "-"], input=body, capture_output=True, text=True)
        if done.returncode:
            fault(place, "shellcheck: " + done.stdout.strip())
    for line in body.replace("\\\n", " ").split("\n"):
        if line.strip() and not line.lstrip().startswith("#"):
            lint_line(place, words_of(line))
    for path in re.findall(r"(?<![\w./-])((?:docker|config|systemd|cron|docs)/[\w./-]+)", body):
        if not os.path.exists(path.rstrip(".")) and not path.startswith(("systemd/", "cron/")) and path != "docker/.env":
            fault(place, "%s is not there" % path)


def session(document, todo):
    """Runs a document's blocks in one shell, in a scratch folder with the stand-in for openclaw."""
    work = tempfile.mkdtemp(prefix="dcb-docs-")
    try:
        tools = os.path.join(work, "bin")
        os.mkdir(tools)
        for name in INSTALLED:
            if os.path.exists(os.path.join("scripts", name)):
                # A link would not find what lies beside the script's own folder in every case: as the package does it.
                with open(os.path.join(tools, "dcb-" + name), "w") as file:
                    file.write('#!/bin/sh\nexec "%s/scripts/%s" "$@"\n' % (ROOT, name))
                os.chmod(os.path.join(tools, "dcb-" + name), 0o755)
        standin = os.environ.get("DCB_STANDIN") or os.path.join(BIN, "openclaw-standin")
        if os.path.exists(standin):
            os.symlink(standin, os.path.join(tools, "openclaw"))
        script = "set -eu\n" + "".join("DCB_DOCS_LINE=%d\n%s" % (line, body) for line, body in todo) + "echo the end of %s\n" % document
        env = {"PATH": ":".join([tools, BIN, "/usr/local/bin", "/usr/bin", "/bin"]), "HOME": work, "LANG": "C",
               "OPENCLAW_STATE_DIR": os.path.join(work, "state"), "LC_ALL": "C"}
        path = os.path.join(work, "script")
        open(path, "w").write(script.replace("DCB_DOCS_LINE=", "echo '@@ line '"))
        done = subprocess.run(["/bin/sh", path], cwd=work, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        if done.returncode or not done.stdout.endswith("the end of %s\n" % document):
            lines = re.findall(r"^@@ line (\d+)$", done.stdout, re.M)
            fault("%s:%s" % (document, lines[-1] if lines else "?"), "ended with %d\n%s%s" % (
                done.returncode, done.stdout.rsplit("@@ line", 1)[-1][-1500:], done.stderr[-1500:]))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def built(command):
    return shutil.which(command, path=BIN if command.startswith("dcb-") else None) is not None or (command[4:] in INSTALLED and os.path.exists("scripts/" + command[4:]))


def look(document):
    text = open(document, encoding="utf-8").read()
    todo = []
    for line, info, body in blocks(text):
        place = "%s:%d" % (document, line)
        words = info.split()
        if not words or words[0] not in ("sh", "bash", "shell", "console"):
            if re.search(r"^(\$ )?(dcb-[a-z-]+ |docker |openclaw |(\./)?scripts/[a-z])", body, re.M) and (not words or words[0] == "text"):
                fault(place, "a block of commands without a mark: see scripts/checks/docs.py")
            continue
        if document == "README.md" and words == ["sh"]:
            lint(place, body)
            counts["linted"] += 1
        elif words[0] != "sh" or len(words) < 2:
            fault(place, "a block of shell without a mark: see scripts/checks/docs.py")
        elif words[1] == "run":
            needs = [name for word in words[2:] if word.startswith("needs=") for name in word[6:].split(",")]
            missing = [name for name in needs if not built(name)]
            lint(place, body)
            if missing:
                skipped.append("%s is not run: %s is not there" % (place, ", ".join(missing)))
            else:
                todo.append((line, body))
                counts["run"] += 1
        elif set(words[1:]) <= MARKS:
            lint(place, body)
            counts["linted"] += 1
        else:
            fault(place, "no such mark: " + info)
    if todo:
        session(document, todo)
    prose = re.sub(r"^ {0,3}(`{3,}).*?^ {0,3}\1\s*$", "", text, flags=re.M | re.S)
    for code in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose):
        if re.match(r"(dcb-[a-z-]+|scripts/[a-z-]+) +\S", code):
            lint_line(document, words_of(code))
            counts["code"] += 1
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        if not os.path.exists(os.path.join(os.path.dirname(document), link)):
            if "docs/" + os.path.basename(link) in LATER:
                skipped.append("%s: the link to %s leads nowhere yet" % (document, link))
            else:
                fault(document, "a link leads nowhere: " + link)


for document in ["README.md"] + sorted(glob.glob("docs/*.md")):
    look(document)
for line in sorted(set(skipped)):
    print("skipped: docs: " + line)
for line in faults:
    print("docs: " + line)
print("docs: %d blocks ran, %d linted, %d commands in prose linted, %d faults" % (counts["run"], counts["linted"], counts["code"], len(faults)))
sys.exit(1 if faults or not counts["run"] else 0)
