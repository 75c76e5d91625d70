// A stand-in for the gateway's plugin loader, and a listener that acts as dcb-webhook.
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const folder = new URL("../../config/plugin/", import.meta.url).pathname;
export const token = "a-made-up-token-for-tests";

/** Loads a plugin folder as OpenClaw 2026.9.6 was seen to: what has no `activation.onStartup` is silently not loaded. */
export async function load(pluginConfig, { from = folder, logger } = {}) {
  const pkg = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
  const manifest = JSON.parse(readFileSync(join(from, "openclaw.plugin.json"), "utf8"));
  const gateway = { hooks: new Map(), lines: [], loaded: false, manifest, pkg };
  if (pkg.type !== "module" || manifest.configSchema?.type !== "object") throw new Error("no such plugin");
  if (manifest.activation?.onStartup !== true) return gateway;
  const say = (level) => (text) => gateway.lines.push({ level, text });
  const api = {
    pluginConfig,
    logger: logger === undefined ? { info: say("info"), warn: say("warn"), error: say("error") } : logger,
    on(name, handler) {
      if (gateway.hooks.has(name)) throw new Error(`${name} is registered twice`);
      gateway.hooks.set(name, handler);
    },
  };
  for (const extension of pkg.openclaw.extensions) {
    const plugin = (await import(pathToFileURL(join(from, extension)))).default;
    if (plugin.id !== manifest.id) throw new Error("the plugin's id is not its manifest's");
    plugin.register(api);
  }
  gateway.loaded = true;
  /** Fires a hook: it must return at once, with nothing. */
  gateway.fire = (name, event, context) => {
    const given = JSON.stringify([event, context]);
    const result = gateway.hooks.get(name)?.(event, context);
    if (result !== undefined) throw new Error(`${name} gave ${result}`);
    if (JSON.stringify([event, context]) !== given) throw new Error(`${name} changed what it was given`);
  };
  gateway.pairing = (senderId, more = {}) =>
    gateway.fire(
      "channel_pairing_requested",
      { channel: "whatsapp", accountId: "default", senderId, code: "ABCD1234", metadata: { name: "Ada Lovelace" }, ...more },
      { channelId: "whatsapp", accountId: "default", senderId },
    );
  gateway.text = () => gateway.lines.map((line) => line.text).join("\n");
  return gateway;
}

/** dcb-webhook's face: answers from a script, one after the other, then 201 for ever. */
export class Webhook {
  requests = [];
  script = [];
  #waiting = [];

  static async listen(path) {
    const hook = new Webhook();
    hook.server = http.createServer((request, response) => hook.#answer(request, response));
    await new Promise((done) => (path ? hook.server.listen(path, done) : hook.server.listen(0, "127.0.0.1", done)));
    hook.url = path ? "http://127.0.0.1/webhook/onboarding" : `http://127.0.0.1:${hook.server.address().port}/webhook/onboarding`;
    return hook;
  }

  #answer(request, response) {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const seen = { method: request.method, path: request.url, headers: request.headers, body, at: Date.now() };
      const answer = this.script.shift() ?? { status: 201 };
      if (request.headers.authorization !== `Bearer ${token}` && !answer.open) {
        response.writeHead(request.headers.authorization ? 403 : 401).end("{}");
      } else if (answer.never) {
        seen.response = response;
      } else if (answer.hangUp) {
        request.socket.destroy();
      } else {
        response.writeHead(answer.status, answer.headers ?? {});
        if (answer.endless) response.write("x".repeat(1 << 20));
        else response.end(answer.body ?? '{"status":"created","agentId":"user_0123456789abcdef"}');
      }
      this.requests.push(seen);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** Waits until so many requests have come; fails after a minute. */
  async count(number) {
    await until(() => this.requests.length >= number, () => `${this.requests.length} requests of ${number}`);
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

/** Waits for something to become true; a minute at most. */
export async function until(condition, what = () => "it did not happen") {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(what());
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** Everything that is ready to happen has happened. */
export async function settled() {
  for (let i = 0; i < 20; i++) await new Promise((done) => setTimeout(done, 2));
}

export function scratch(test) {
  const path = mkdtempSync(join(tmpdir(), "dcb-plugin-"));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  writeFileSync(join(path, "token"), `${token}\n`, { mode: 0o600 });
  return path;
}
