import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Webhook, folder, load, scratch, settled, token, until } from "./gateway.mjs";

const phone = "+15551234567";

async function both(t, more = {}) {
  const path = scratch(t);
  const hook = await Webhook.listen();
  t.after(() => hook.close());
  const gateway = await load({ tokenFile: join(path, "token"), url: hook.url, firstDelayMs: 1, maxDelayMs: 4, ...more });
  return { path, hook, gateway };
}

test("a new sender is posted once, with the token, and nothing but the phone leaves the gateway", async (t) => {
  const { hook, gateway } = await both(t);
  for (let i = 0; i < 5; i++) gateway.pairing(phone);
  await hook.count(1);
  await until(() => gateway.text().includes("created"));
  gateway.pairing(phone);
  gateway.pairing("15551234567@s.whatsapp.net");
  await settled();
  assert.equal(hook.requests.length, 1);
  const [request] = hook.requests;
  assert.deepEqual(JSON.parse(request.body), { phone });
  assert.equal(request.method, "POST");
  assert.equal(request.path, "/webhook/onboarding");
  assert.equal(request.headers.authorization, `Bearer ${token}`);
  assert.equal(request.headers["content-type"], "application/json");
  const everything = JSON.stringify(request);
  for (const secret of ["Ada", "ABCD1234", "default"]) assert.ok(!everything.includes(secret), secret);
});

test("logs hold no phone, no token, no name", async (t) => {
  const { hook, gateway } = await both(t, { attempts: 3 });
  hook.script = [{ status: 503 }, { status: 500 }, { hangUp: true }, { status: 400, body: `{"detail":"${phone} ${token}"}` }];
  gateway.pairing(phone);
  await until(() => gateway.text().includes("given up"));
  gateway.pairing(phone);
  await until(() => gateway.text().includes("refused with 400"));
  const text = gateway.text();
  for (const secret of [phone, "5551234567", token, "Ada", "ABCD1234"]) assert.ok(!text.includes(secret), text);
  assert.ok(text.includes("+*******4567"), text);
});

test("429 and 503 are tried again, and not earlier than they ask for", async (t) => {
  const { hook, gateway } = await both(t);
  hook.script = [{ status: 429, headers: { "retry-after": "1" } }, { status: 503, headers: { "retry-after": new Date(Date.now() + 2500).toUTCString() } }];
  gateway.pairing(phone);
  await hook.count(3);
  const [first, second, third] = hook.requests.map((request) => request.at);
  assert.ok(second - first >= 990, `${second - first} ms`);
  assert.ok(third >= Math.floor((first + 1500) / 1000) * 1000, "the date of Retry-After");
  await until(() => gateway.text().includes("created"));
});

test("who asks for more patience than a pairing request has is given up", async (t) => {
  const { hook, gateway } = await both(t, { giveUpAfterMs: 60_000 });
  hook.script = [{ status: 429, headers: { "retry-after": "900" } }];
  gateway.pairing(phone);
  await until(() => gateway.text().includes("given up after 1 tries: answered 429"));
  gateway.pairing(phone);
  await hook.count(2);
});

test("a token that was wrong and is mended is read anew", async (t) => {
  const { path, hook, gateway } = await both(t, { attempts: 1000, maxDelayMs: 5 });
  writeFileSync(join(path, "token"), "an-old-token\n");
  gateway.pairing(phone);
  await hook.count(2);
  rmSync(join(path, "token"));
  await settled();
  writeFileSync(join(path, "token"), `${token}\n`);
  await until(() => gateway.text().includes("created"));
});

for (const status of [301, 400, 404, 405, 409, 415]) {
  test(`${status} is final`, async (t) => {
    const { hook, gateway } = await both(t);
    hook.script = [{ status, headers: { location: "http://127.0.0.1:9/elsewhere" } }];
    gateway.pairing(phone);
    await until(() => gateway.text().includes(`refused with ${status}`));
    gateway.pairing(phone);
    await settled();
    assert.equal(hook.requests.length, 1);
  });
}

test("500, 502, 504 and a connection that breaks are tried again, with a cap", async (t) => {
  const { hook, gateway } = await both(t, { attempts: 6 });
  hook.script = [{ status: 500 }, { status: 502 }, { status: 504 }, { hangUp: true }, { status: 500 }, { status: 500 }];
  gateway.pairing(phone);
  await until(() => gateway.text().includes("given up after 6 tries"));
  assert.equal(hook.requests.length, 6);
  // The next event begins anew.
  gateway.pairing(phone);
  await until(() => gateway.text().includes("created"));
});

test("one that never answers is left, and one that never ends its answer too", async (t) => {
  const { hook, gateway } = await both(t, { timeoutMs: 300 });
  hook.script = [{ never: true }, { status: 201, endless: true }];
  gateway.pairing(phone);
  await until(() => gateway.text().includes("created"));
  assert.equal(hook.requests.length, 2);
  assert.ok(gateway.text().includes("timeout"));
});

test("one that is not there is tried again until it is", async (t) => {
  const path = scratch(t);
  const socketPath = join(path, "hook.sock");
  const gateway = await load({ tokenFile: join(path, "token"), socketPath, firstDelayMs: 1, maxDelayMs: 5, attempts: 100_000 });
  gateway.pairing(phone);
  await until(() => gateway.text().includes("ENOENT"));
  const hook = await Webhook.listen(socketPath);
  t.after(() => hook.close());
  await until(() => gateway.text().includes("created"));
});

test("neither a pause nor a request keeps the gateway from ending", async (t) => {
  const path = scratch(t);
  const hook = await Webhook.listen();
  t.after(() => hook.close());
  hook.script = [{ never: true }];
  const script = `import { load, settled } from ${JSON.stringify(new URL("gateway.mjs", import.meta.url).href)};
    const [a, b] = [await load({ tokenFile: ${JSON.stringify(join(path, "token"))}, url: ${JSON.stringify(hook.url)} }), await load({ tokenFile: "/nowhere" })];
    a.pairing("+15551234567"); b.pairing("+15551234567"); await settled();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit", timeout: 60_000 });
  const code = await new Promise((done) => child.on("exit", done));
  assert.equal(code, 0);
});

test("a Unix socket", async (t) => {
  const path = scratch(t);
  const hook = await Webhook.listen(join(path, "hook.sock"));
  t.after(() => hook.close());
  const gateway = await load({ tokenFile: join(path, "token"), socketPath: join(path, "hook.sock") });
  gateway.pairing(phone);
  await hook.count(1);
  assert.equal(hook.requests[0].path, "/webhook/onboarding");
});

test("few requests at once, and a flood is dropped, not kept", async (t) => {
  const { hook, gateway } = await both(t, { maxRunning: 2, maxWaiting: 10 });
  hook.script = Array.from({ length: 2 }, () => ({ never: true }));
  for (let i = 0; i < 1000; i++) gateway.pairing(`+1555${String(1_000_000 + i)}`);
  await hook.count(2);
  await settled();
  assert.equal(hook.requests.length, 2);
  const drops = gateway.lines.filter((line) => line.text.includes("dropped"));
  assert.ok(drops.length > 0 && drops.length <= 10, `${drops.length} lines`);
  for (const request of hook.requests) request.response.writeHead(201).end();
  await hook.count(10);
  await settled();
  assert.equal(hook.requests.length, 10);
});

test("who is no person with a phone number is passed over", async (t) => {
  const { hook, gateway } = await both(t, { onMessage: true });
  const nobody = ["", "cli", "15551234567", "+0123456789", "+1555", "120363000000000000@g.us", "123456789012345@lid", "status@broadcast", phone + "0000000000",
    "15551234567@s.whatsapp.net.example.com", "15551234567@newsletter", 15551234567, null, undefined, {}, ["+15551234567"], "+1555\n1234567"];
  for (const sender of nobody) gateway.pairing(sender);
  gateway.fire("channel_pairing_requested", { channel: "telegram", senderId: phone }, { channelId: "telegram" });
  gateway.fire("channel_pairing_requested", undefined, undefined);
  gateway.hooks.get("channel_pairing_requested")(null, { get channelId() { throw new Error("no"); } });
  gateway.fire("message_received", { from: phone, senderId: phone, metadata: {} }, { channelId: "whatsapp", conversationId: "120363000000000000@g.us" });
  await settled();
  assert.equal(hook.requests.length, 0);
});

test("message_received only where it is switched on", async (t) => {
  const message = [{ from: phone, content: "hello", messageId: "1", senderId: phone, sessionKey: "agent:main:direct", metadata: {} }, { channelId: "whatsapp", conversationId: phone }];
  const off = await both(t);
  assert.deepEqual([...off.gateway.hooks.keys()], ["channel_pairing_requested"]);
  const on = await both(t, { onMessage: true });
  on.gateway.fire("message_received", ...message);
  await on.hook.count(1);
  assert.deepEqual(JSON.parse(on.hook.requests[0].body), { phone });
});

test("what the gateway was seen to send is understood: a webchat message is none of ours", async (t) => {
  const { hook, gateway } = await both(t, { onMessage: true });
  let recorded = { hook: "message_received", event: { from: "", content: "hello hook", messageId: "k1", senderId: "cli", sessionKey: "agent:ops:main", metadata: { provider: "webchat" } },
    ctx: { channelId: "webchat", conversationId: "agent:ops:main", sessionKey: "agent:ops:main", messageId: "k1", senderId: "cli" } };
  const shared = join(process.env.DCB_SHARED || new URL("../../../shared", import.meta.url).pathname, "openclaw/transcripts/gateway/2026.9.6/q6-message_received-webchat.txt");
  if (existsSync(shared)) recorded = JSON.parse(readFileSync(shared, "utf8").replace(/^#.*$/m, ""));
  else console.log("skipped: the recorded payload itself is not here");
  gateway.fire(recorded.hook, recorded.event, recorded.ctx);
  // The same on WhatsApp, from a person.
  gateway.fire(recorded.hook, { ...recorded.event, senderId: phone }, { ...recorded.ctx, channelId: "whatsapp", senderId: phone });
  await hook.count(1);
  await settled();
  assert.deepEqual(hook.requests.map((request) => JSON.parse(request.body)), [{ phone }]);
});

test("wrong settings are said, and nothing is registered", async (t) => {
  const path = scratch(t);
  const tokenFile = join(path, "token");
  for (const wrong of [undefined, {}, { tokenFile: "token" }, { tokenFile: 1 }, { tokenFile, url: "http://webhook.example.com/" }, { tokenFile, url: "ftp://127.0.0.1/" },
    { tokenFile, url: "nowhere" }, { tokenFile, url: "http://u:p@127.0.0.1/" }, { tokenFile, attempts: "many" }, { tokenFile, timeoutMs: -1 }, { tokenFile, onMessage: "yes" },
    { tokenFile, url: "http://127.0.0.1.example.com/" }]) {
    const gateway = await load(wrong);
    assert.equal(gateway.hooks.size, 0, JSON.stringify(wrong));
    assert.equal(gateway.lines.length, 1);
    assert.equal(gateway.lines[0].level, "error");
  }
  assert.equal((await load({ tokenFile, url: "https://webhook.example.com/webhook/onboarding" })).hooks.size, 1);
});

test("a logger that throws, or none, harms nobody", async (t) => {
  const path = scratch(t);
  const hook = await Webhook.listen();
  t.after(() => hook.close());
  const bad = () => { throw new Error("no"); };
  const gateway = await load({ tokenFile: join(path, "token"), url: hook.url }, { logger: { info: bad, warn: bad, error: bad } });
  gateway.pairing(phone);
  await hook.count(1);
  await load({ tokenFile: "relative" }, { logger: { error: bad } });
});

test("the manifest and the code agree, and without activation.onStartup nothing is loaded", async (t) => {
  const { gateway, path } = await both(t);
  const { manifest, pkg } = gateway;
  assert.equal(pkg.dependencies, undefined);
  assert.equal(pkg.scripts, undefined);
  assert.equal(manifest.configSchema.additionalProperties, false);
  const source = readFileSync(join(folder, "index.js"), "utf8");
  const table = /const standard = \{([^}]*)\}/.exec(source)[1];
  const names = [...table.matchAll(/^\s*(\w+):/gm)].map((match) => match[1]);
  assert.deepEqual(Object.keys(manifest.configSchema.properties).sort(), [...names, "tokenFile"].sort());
  for (const [, from] of source.matchAll(/ from "([^"]+)"/g)) assert.ok(from.startsWith("node:"), from);
  // Each default stands in the manifest, as the operator reads it.
  for (const [, name, value] of table.matchAll(/^\s*(\w+): (.+),$/gm)) {
    const shown = value.replaceAll("_", "").replaceAll('"', "");
    if (shown) assert.ok(manifest.configSchema.properties[name].description.includes(`[${shown}]`), name);
  }
  cpSync(folder, join(path, "plugin"), { recursive: true });
  writeFileSync(join(path, "plugin/openclaw.plugin.json"), JSON.stringify({ ...manifest, activation: undefined }));
  assert.equal((await load({}, { from: join(path, "plugin") })).loaded, false);
});
