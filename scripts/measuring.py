"""What scripts/bench, scripts/growth and scripts/load share: runs, state folders, a listener, and the file that figures go into."""
import atexit, json, os, platform, re, shutil, signal, sqlite3, statistics, subprocess, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("DCB_BIN") or os.path.join(ROOT, ".build", "release")
COMMANDS = [
    "dcb-validate", "dcb-state", "dcb-create-agent", "dcb-bind", "dcb-onboard", "dcb-reconcile", "dcb-webhook", "dcb-oauth-check", "dcb-backup"]
ENV = {"PATH": BIN + ":/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C"}
out = []


def say(line=""):
    print(line, flush=True)
    out.append(line)


def path(command):
    return os.path.join(BIN, command)


class Run:
    """One process to its end: seconds, exit code, output."""

    def __init__(self, argv, env=None, stdin=b"", cwd=None):
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as got:
            given.write(stdin)
            given.seek(0)
            began = time.perf_counter()
            child = subprocess.Popen(argv, stdin=given, stdout=got, stderr=subprocess.DEVNULL, env={**ENV, **(env or {})}, cwd=cwd)
            self.code = child.wait()
            self.seconds = time.perf_counter() - began
            got.seek(0)
            self.out = got.read()

    def ok(self):
        if self.code != 0:
            raise SystemExit("bench: a measured command failed with %s" % self.code)
        return self


def peak(argv, env, stdin):
    """Peak memory in KiB and the output. GNU time is small: a child of Python's own would begin with Python's peak."""
    if not os.path.exists("/usr/bin/time"):
        return None, Run(argv, env, stdin).ok().out
    with tempfile.NamedTemporaryFile() as said:
        run = Run(["/usr/bin/time", "-f", "%M", "-o", said.name, *argv], env, stdin).ok()
        return int(open(said.name).read().split()[-1]), run.out


def config(agents, home="/srv/openclaw"):
    def entry(n):
        return {
            "name": "User Agent", "workspace": "%s/workspace-user_%016x" % (home, n), "agentDir": "%s/agents/user_%016x/agent" % (home, n),
            "sandbox": {"mode": "all", "scope": "agent", "workspaceAccess": "rw", "docker": {
                "image": "openclaw-sandbox:bookworm-slim", "network": "bridge", "memory": "512m", "cpus": 0.5, "pidsLimit": 100, "capDrop": ["ALL"],
                "user": "%d:%d" % (os.getuid(), os.getgid()),
                "env": {"HOME": "/workspace", "GOG_HOME": "/workspace/.gog", "XDG_CONFIG_HOME": "/workspace/.gog-config",
                        "XDG_DATA_HOME": "/workspace/.gog-data", "GOG_KEYRING_BACKEND": "file", "GOG_KEYRING_PASSWORD": "%043x" % n}}}}
    document = json.load(open(os.path.join(ROOT, "config", "openclaw.json.template")))
    document["gateway"]["auth"]["token"] = "0123456789abcdef0123456789abcdef"
    document["agents"]["entries"].update({"user_%016x" % n: entry(n) for n in range(1, agents)})
    document["bindings"] = [{"agentId": "user_%016x" % n, "match": {"channel": "whatsapp", "accountId": "*", "peer": {
        "kind": "direct", "id": "+1444%07d" % n}}} for n in range(1, agents)]
    document["channels"]["whatsapp"]["allowFrom"] = ["+1444%07d" % n for n in range(1, agents)]
    return json.dumps(document, indent=2)


def entry(created):
    """A keyring entry as gog writes one: made-up, of the right lengths."""
    import base64
    b64 = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
    header = json.dumps({"alg": "PBES2-HS256+A128KW", "created": created, "enc": "A256GCM", "p2c": 8192, "p2s": "nfYoCM2ac6UFDuAp"}, separators=(",", ":"))
    return ".".join([b64(header.encode()), b64(b"k" * 40), b64(b"i" * 12), b64(b"c" * 300), b64(b"t" * 16)])


class State:
    """A state folder with a config of so many agents."""

    def __init__(self, agents):
        self.folder = tempfile.mkdtemp(prefix="dcb-bench-", dir=os.environ.get("DCB_BENCH_DIR"))
        self.config = os.path.join(self.folder, "openclaw.json")
        with open(self.config, "w") as f:
            f.write(config(agents))
        os.chmod(self.config, 0o600)
        self.env = {"OPENCLAW_STATE_DIR": self.folder}
        self.next = 0

    def phone(self):
        self.next += 1
        return "+1555%07d" % self.next

    def document(self):
        return ('{"phone":"%s"}\n' % self.phone()).encode()

    def run(self, command, *words, stdin=b""):
        return Run([path(command), *words], self.env, stdin)

    def authorise(self):
        """Gives each agent one token of gog 0.19, in a workspace of its own."""
        document = json.load(open(self.config))
        created = time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC", time.gmtime(time.time() - 86400))
        for name, one in document["agents"]["entries"].items():
            if not name.startswith("user_"):
                continue
            one["workspace"] = os.path.join(self.folder, "workspace-" + name)
            keyring = os.path.join(one["workspace"], ".gog", "data", "keyring")
            os.makedirs(keyring, 0o700)
            for file, content in (("../credentials.json", '{"client_id": "x", "client_secret": "y"}'), (".lock", ""),
                                  ("_gogcli_key_v1_dG9rZW46ZGVmYXVsdDphbGljZUBleGFtcGxlLmNvbQ", entry(created))):
                with open(os.path.join(keyring, file), "w") as f:
                    f.write(content)
                os.chmod(os.path.join(keyring, file), 0o600)
            os.chmod(keyring, 0o700)
        with open(self.config, "w") as f:
            json.dump(document, f, indent=2)

    def close(self):
        # At the end of everything: for minutes ext4 looks around each file that was removed before it makes a new one (recently_deleted).
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)


class Users(State):
    """A state folder with so many users: rows, ledger, agents, bindings, workspaces, as onboarding leaves them."""

    def __init__(self, agents):
        super().__init__(2)
        first = json.loads(self.run("dcb-onboard", stdin=self.document()).ok().out)
        made = os.path.join(self.folder, "workspace-" + first["agentId"])
        files = {name: open(os.path.join(made, name), "rb").read() for name in os.listdir(made)}
        self.run("dcb-onboard", "--undo", "--purge", stdin=('{"phone":"%s"}\n' % first["phone"]).encode()).ok()
        with open(self.config, "w") as f:
            f.write(config(agents + 1, self.folder))
        db = sqlite3.connect(os.path.join(self.folder, "onboarding.db"))
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for n in range(1, agents + 1):
            agent, phone = "user_%016x" % n, "+1444%07d" % n
            row = db.execute(
                "INSERT INTO onboarding_states (phone_number, agent_id, status, created_at, updated_at, expires_at) VALUES (?, ?, 'new', ?, ?, ?)",
                (phone, agent, now, now, now)).lastrowid
            db.execute("INSERT INTO state_transitions (state_id, phone_number, to_status, transitioned_at) VALUES (?, ?, 'new', ?)", (row, phone, now))
            db.executemany("INSERT INTO ledger (kind, agent_id, phone_number, made_at, how) VALUES (?, ?, ?, ?, 'made')",
                           [(kind, agent, phone, now) for kind in ("agent", "binding", "allow")])
            os.makedirs(os.path.join(self.folder, "agents", agent, "agent"), 0o700)
            os.chmod(os.path.join(self.folder, "agents", agent), 0o700)
            workspace = os.path.join(self.folder, "workspace-" + agent)
            os.mkdir(workspace, 0o700)
            for name, content in files.items():
                with open(os.open(os.path.join(workspace, name), os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
                    f.write(content)
        db.commit()
        db.close()


def median(values):
    return statistics.median(values)


def ms(seconds):
    return "%.2f ms" % (seconds * 1000)


TOKEN = "0123456789abcdef0123456789abcdef"
LUA = """
local first = %d
wrk.headers["Authorization"] = "Bearer %s"
wrk.headers["Content-Type"] = "application/json"
local n = 0
request = function()
    n = n + 1
    %s
end
done = function(summary, latency, requests)
    io.write(string.format("FIGURES %%d %%d %%d %%d %%d\\n", summary.requests, summary.errors.status, summary.duration, latency:percentile(50), latency:percentile(99)))
end
"""
GET = 'return wrk.format("GET", "%s")'
OLD = "return wrk.format(\"POST\", \"/webhook/onboarding\", nil, '{\"phone\":\"+15550000000\"}')"
NEW = "return wrk.format(\"POST\", \"/webhook/onboarding\", nil, string.format('{\"phone\":\"+1666%07d\"}', first + n))"


class Listener:
    """dcb-webhook on a free port; under strace or the like, if that is asked for."""

    def __init__(self, state, *words, under=()):
        self.log = tempfile.NamedTemporaryFile("r")
        with open(self.log.name, "w") as log:
            argv = [*under, path("dcb-webhook"), "--listen", "127.0.0.1:0", "--rate", "off", "--max-new", "off", *words]
            self.child = subprocess.Popen(argv, env={**ENV, **state.env, "HOOK_TOKEN": TOKEN}, stderr=log, stdin=subprocess.DEVNULL)
        self.under = bool(under)
        found = None
        while not found and self.child.poll() is None:
            found = re.search(r"listening on 127\.0\.0\.1:(\d+)", open(self.log.name).read())
            time.sleep(0.02)
        self.port = int(found.group(1))

    def seconds(self):
        fields = open("/proc/%d/stat" % self.child.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        return int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%d/status" % self.child.pid).read()).group(1)) / 1024

    def close(self):
        # A tracer would end without its child: that one is told.
        children = open("/proc/%d/task/%d/children" % (self.child.pid, self.child.pid)).read().split()
        os.kill(int(children[0]) if self.under else self.child.pid, signal.SIGTERM)
        self.child.wait()


class Figures:
    def __init__(self, port, connections, seconds, line, first=0):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(LUA % (first, TOKEN, line))
            script.flush()
            said = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, "-s", script.name, "http://127.0.0.1:%d" % port],
                                  capture_output=True, text=True, check=True).stdout
        requests, self.errors, micros, p50, p99 = map(int, re.search(r"FIGURES (\d+) (\d+) (\d+) (\d+) (\d+)", said).groups())
        self.requests, self.rate, self.p50, self.p99 = requests, requests / (micros / 1e6), p50 / 1000, p99 / 1000


def sections(text):
    """The head of a results file, and its sections by their titles."""
    pieces = re.split(r"(?m)^(?=## )", text)
    return pieces[0], {piece.split("\n", 1)[0]: piece for piece in pieces[1:]}


def begin(title="Measurements"):
    """The head of a results file: on what it was measured."""
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    say("# " + title)
    say()
    say("Machine: %d × %s, %.0f GiB, Linux %s, state folders on %s." % (
        os.cpu_count(), cpu, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, platform.release(),
        subprocess.run(["stat", "-f", "-c", "%T", os.environ.get("DCB_BENCH_DIR", tempfile.gettempdir())], capture_output=True, text=True).stdout.strip()))
    say("Each section says which command made it, and the load of the machine when it began.")
    say()


def write(name="results.md"):
    """Puts what was measured into a file of bench/; sections of other parts stay as they are."""
    file = os.path.join(ROOT, "bench", name)
    head, new = sections("\n".join(out).rstrip() + "\n\n")
    _, old = sections(open(file).read()) if os.path.exists(file) else ("", {})
    merged = {**old, **new}
    with open(file, "w") as f:
        f.write(head + "".join(piece.rstrip() + "\n\n" for piece in merged.values()).rstrip() + "\n")
