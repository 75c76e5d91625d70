"""compose.yml against a schema of what it uses (compose-spec.io), and the rules that it must keep. Prints the number of checks."""
import re
import sys

import yaml
from jsonschema import Draft202012Validator

text = {"type": "string"}
duration = {"type": "string", "pattern": r"^(\d+(us|ms|s|m|h))+$"}
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image", "command", "user", "cap_drop", "security_opt", "read_only", "tmpfs", "restart", "environment", "volumes", "healthcheck", "secrets"],
    "properties": {
        "image": text, "user": text, "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]}, "init": {"type": "boolean"},
        "command": {"type": "array", "items": text}, "cap_drop": {"type": "array", "items": text}, "security_opt": {"type": "array", "items": text},
        "read_only": {"type": "boolean"}, "tmpfs": {"type": "array", "items": text}, "group_add": {"type": "array", "items": text},
        "pid": {"type": "string", "pattern": "^(host|service:.+)$"}, "network_mode": {"type": "string", "pattern": "^(bridge|host|none|service:.+)$"},
        "ports": {"type": "array", "items": text}, "volumes": {"type": "array", "items": {"type": "string", "pattern": "^[^:]+:/?[^:]+"}},
        "secrets": {"type": "array", "items": text}, "stop_grace_period": duration,
        "environment": {"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}},
        "build": {"type": "object", "additionalProperties": False, "required": ["context"],
                  "properties": {"context": text, "dockerfile": text, "args": {"type": "object", "additionalProperties": text}}},
        "depends_on": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": False, "required": ["condition"], "properties": {
            "condition": {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}, "restart": {"type": "boolean"}}}},
        "healthcheck": {"type": "object", "additionalProperties": False, "required": ["test"], "properties": {
            "test": {"type": "array", "items": text, "minItems": 2}, "interval": duration, "timeout": duration, "start_period": duration,
            "retries": {"type": "integer", "minimum": 1}}},
        "logging": {"type": "object", "additionalProperties": False, "properties": {"driver": text, "options": {"type": "object", "additionalProperties": text}}},
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "services"],
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "volumes": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": False, "properties": {
            "name": text, "driver": text, "driver_opts": {"type": "object", "additionalProperties": text}}}},
        "secrets": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": False, "required": ["file"], "properties": {"file": text}}},
    },
}

source = open(sys.argv[1], encoding="utf-8").read()
document = yaml.safe_load(source)
Draft202012Validator.check_schema(SCHEMA)
faults = ["%s: %s" % ("/".join(map(str, e.path)), e.message) for e in Draft202012Validator(SCHEMA).iter_errors(document)]
checks = 1


def must(what, true):
    global checks
    checks += 1
    if not true:
        faults.append(what)


services = document["services"]
must("gateway, webhook and jobs are there", set(services) == {"gateway", "webhook", "jobs"})
for name, service in services.items():
    must(name + " drops all capabilities", service.get("cap_drop") == ["ALL"])
    must(name + " gains no privileges", "no-new-privileges:true" in service.get("security_opt", []))
    must(name + " has a read-only root", service.get("read_only") is True and service.get("tmpfs"))
    must(name + " runs as a given user", re.match(r"^\$\{DCB_UID:\?[^}]+\}:\$\{DCB_GID:\?[^}]+\}$", service.get("user", "")))
    must(name + " has a health check", "healthcheck" in service)
    must(name + " mounts the state at the same path inside", any(re.match(r"^don-claudio-state:\$\{DCB_HOME(:\?[^}]*)?\}$", v) for v in service["volumes"]))
    must(name + " keeps its state there", service["environment"]["OPENCLAW_STATE_DIR"].startswith("${DCB_HOME}/"))
    must(name + " has the Docker socket only if it is the gateway", any("docker.sock" in v for v in service["volumes"]) == (name == "gateway"))
    must(name + " is not privileged", "privileged" not in service and "cap_add" not in service)
    must(name + " sees the gateway's process ids", service.get("pid") == (None if name == "gateway" else "service:gateway"))
    must(name + " is published on loopback alone", all(p.startswith("127.0.0.1:") for p in service.get("ports", [])))
    must(name + " has no secret in its environment", not any(re.search("TOKEN$|PASSWORD|SECRET", key) for key in service["environment"]))
must("the gateway polls", services["gateway"]["environment"].get("CHOKIDAR_USEPOLLING") == "1")
must("the health of the listener is /health", "/health" in " ".join(services["webhook"]["healthcheck"]["test"]))
must("the jobs have the backup volume", "don-claudio-backup:/backup" in services["jobs"]["volumes"])
state = document["volumes"]["don-claudio-state"]
must("the state is one folder of the host", state["driver_opts"] == {"type": "none", "o": "bind", "device": "${DCB_HOME}"} and state["name"] == "don-claudio-state")
for name, secret in document["secrets"].items():
    must(name + " is a file", secret["file"].startswith("${DCB_HOME}/"))
# Only what is no secret and no place of yours has a default.
defaults = set(re.findall(r"\$\{(\w+):?-", source))
must("defaults: " + ", ".join(sorted(defaults)), defaults <= {"TZ", "DCB_WEBHOOK_PORT", "DCB_TRUST_FORWARDED"})
print("\n".join(faults) if faults else "%d checks" % checks)
sys.exit(1 if faults else 0)
