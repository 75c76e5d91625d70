// A plugin of the OpenClaw gateway: it tells dcb-webhook the phone of each new sender on WhatsApp, and nothing else.
//
// It runs inside the gateway, so it never blocks it and never throws: a hook only puts the phone into a queue and returns.
// What it cannot deliver it drops and says so; scripts/pairing-sweep finds everybody who was dropped.
import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";

const standard = {
  url: "http://127.0.0.1:3000/webhook/onboarding",
  socketPath: "",
  onMessage: false,
  attempts: 20,
  firstDelayMs: 1000,
  maxDelayMs: 60_000,
  giveUpAfterMs: 3_600_000,
  timeoutMs: 120_000,
  rememberMs: 600_000,
  maxRunning: 4,
  maxWaiting: 256,
};
/** More than this is no token, whatever it is. */
const tokenLimitBytes = 4096;
/** Phones remembered at most, so that a flood of senders costs no more than this. */
const rememberLimit = 10_000;

/** The settings with what is missing filled in. Throws when one is unusable. */
function read(given) {
  const settings = { ...standard };
  for (const [key, value] of Object.entries(given ?? {})) if (value !== undefined && value !== null) settings[key] = value;
  for (const [key, value] of Object.entries(standard)) {
    if (typeof settings[key] !== typeof value) throw new Error(`the setting ${key} must be a ${typeof value}`);
    if (typeof value === "number" && !(Number.isFinite(settings[key]) && settings[key] >= 0)) throw new Error(`the setting ${key} is no count`);
  }
  if (typeof settings.tokenFile !== "string" || !settings.tokenFile.startsWith("/")) throw new Error("the setting tokenFile must be an absolute path");
  let url;
  try {
    url = new URL(settings.url);
  } catch {
    throw new Error("the setting url is no URL");
  }
  const here = settings.socketPath !== "" || /^(localhost|127(\.[0-9]+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && here)) throw new Error("the setting url must be https, or http to this machine");
  if (url.username || url.password) throw new Error("the setting url must hold no password");
  return { ...settings, url };
}

/** "+15551234567" of what WhatsApp and OpenClaw write of a person, or undefined: groups, LIDs and whatever would have to be guessed are no phone. */
function phoneOf(sender) {
  if (typeof sender !== "string" || sender.length > 64) return undefined;
  const name = sender.replace(/^whatsapp:/, "");
  const match = /^\+([1-9][0-9]{6,14})$/.exec(name) ?? /^([1-9][0-9]{6,14})(?::[0-9]{1,5})?@(?:s\.whatsapp\.net|c\.us)$/.exec(name);
  return match ? `+${match[1]}` : undefined;
}

const redacted = (phone) => `+${"*".repeat(phone.length - 5)}${phone.slice(-4)}`;

/** Milliseconds that the answer asks us to wait: RFC 9110 section 10.2.3, seconds or a date. */
function retryAfterMs(header, now) {
  if (typeof header !== "string") return 0;
  if (/^[0-9]{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

/** The phones that wait and those that were answered, and the requests under way. */
class Courier {
  constructor(settings, log) {
    this.settings = settings;
    this.log = log;
    /** phone → when it was first seen and how often it was tried: it waits, or is under way. */
    this.open = new Map();
    this.ready = [];
    this.running = 0;
    /** phone → until when it is not reported again; the oldest first. */
    this.answered = new Map();
    this.dropped = 0;
  }

  /** Takes a phone; returns at once. */
  take(phone) {
    const now = Date.now();
    if (this.open.has(phone) || (this.answered.get(phone) ?? 0) > now) return;
    if (this.open.size >= this.settings.maxWaiting) {
      this.dropped += 1;
      // One line for many: whoever floods us must not fill the log too.
      if (Math.log2(this.dropped) % 1 === 0) this.log("warn", `too many phones wait: ${this.dropped} dropped so far, the sweep will find them`);
      return;
    }
    this.open.set(phone, { since: now, attempts: 0 });
    this.queue(phone);
  }

  queue(phone) {
    this.ready.push(phone);
    // Not in the hook's own turn.
    setImmediate(() => this.next());
  }

  next() {
    while (this.running < this.settings.maxRunning && this.ready.length > 0) {
      const phone = this.ready.shift();
      this.running += 1;
      this.tryOnce(phone)
        .catch((error) => this.forget(phone, `failed: ${error?.name}`))
        .finally(() => {
          this.running -= 1;
          this.next();
        });
    }
  }

  async tryOnce(phone) {
    const job = this.open.get(phone);
    job.attempts += 1;
    const { status, wait, why } = await this.post(phone);
    if (status === 200 || status === 201) {
      this.close(phone);
      this.log("info", `${redacted(phone)}: ${status === 201 ? "created" : "existing"}`);
    } else if (status !== undefined && ![401, 403, 408, 425, 429].includes(status) && status < 500) {
      // It will not get better by asking again; the next event may.
      this.close(phone);
      this.log("warn", `${redacted(phone)}: refused with ${status}`);
    } else {
      this.again(phone, job, wait, status === undefined ? why : `answered ${status}`);
    }
  }

  again(phone, job, wait, why) {
    const { attempts, firstDelayMs, maxDelayMs, giveUpAfterMs } = this.settings;
    const own = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(job.attempts - 1, 30));
    // Between half and the whole of it, so that many phones do not come back in one moment; never earlier than was asked for.
    const delay = Math.max(wait, own / 2 + Math.random() * (own / 2));
    if (job.attempts >= attempts || Date.now() + delay > job.since + giveUpAfterMs) {
      this.forget(phone, `given up after ${job.attempts} tries: ${why}`);
      return;
    }
    if (job.attempts === 1) this.log("warn", `${redacted(phone)}: ${why}; trying again`);
    // The gateway may end meanwhile.
    setTimeout(() => this.queue(phone), delay).unref();
  }

  close(phone) {
    this.open.delete(phone);
    this.answered.delete(phone);
    this.answered.set(phone, Date.now() + this.settings.rememberMs);
    if (this.answered.size > rememberLimit) this.answered.delete(this.answered.keys().next().value);
  }

  forget(phone, why) {
    this.open.delete(phone);
    this.log("error", `${redacted(phone)}: ${why}`);
  }

  /** One request. Its outcome is the status; without one, why there is none. */
  async post(phone) {
    let token;
    try {
      const bytes = await readFile(this.settings.tokenFile);
      token = bytes.length > tokenLimitBytes ? "" : bytes.toString("latin1").trim();
    } catch (error) {
      return { wait: 0, why: `the token file cannot be read: ${error?.code}` };
    }
    if (!/^[\x21-\x7e]+$/.test(token)) return { wait: 0, why: "the token file holds no token" };
    const { url, socketPath, timeoutMs } = this.settings;
    const body = JSON.stringify({ phone });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    return new Promise((resolve) => {
      const request = (url.protocol === "https:" ? https : http).request(
        url,
        { method: "POST", agent: false, headers, ...(socketPath ? { socketPath } : {}) },
        (response) => {
          resolve({ status: response.statusCode, wait: retryAfterMs(response.headers["retry-after"], Date.now()) });
          // Nothing in the body concerns us, and it may be endless.
          response.on("error", () => {});
          response.destroy();
        },
      );
      const timer = setTimeout(() => request.destroy(new Error("timeout")), timeoutMs).unref();
      request.on("error", (error) => resolve({ wait: 0, why: error.code ?? error.message }));
      request.on("close", () => {
        clearTimeout(timer);
        resolve({ wait: 0, why: "closed without an answer" });
      });
      request.on("socket", (socket) => socket.unref());
      request.end(body);
    });
  }
}

export default {
  id: "dcb-onboarding",
  name: "dcb onboarding",
  register(api) {
    const log = (level, text) => {
      try {
        const logger = typeof api.logger?.[level] === "function" ? api.logger : console;
        logger[level](`[dcb-onboarding] ${text}`);
      } catch {
        // A logger that fails is no reason to fail.
      }
    };
    let courier;
    try {
      courier = new Courier(read(api.pluginConfig), log);
    } catch (error) {
      log("error", `${error.message}; new senders are not reported`);
      return;
    }
    /** A hook that can neither throw nor wait. Only the sender leaves it: never the event, never the context. */
    const hook = (name, senderOf) => {
      api.on(name, (event, context) => {
        try {
          if ((event?.channel ?? context?.channelId) !== "whatsapp") return;
          const sender = senderOf(event ?? {}, context ?? {});
          if (sender === undefined) return;
          const phone = phoneOf(sender);
          if (phone) courier.take(phone);
          else log("info", `${name}: a sender without a phone number is passed over`);
        } catch (error) {
          log("error", `${name}: ${error?.name}`);
        }
      });
    };
    hook("channel_pairing_requested", (event, context) => event.senderId ?? context.senderId);
    if (courier.settings.onMessage) {
      hook("message_received", (event, context) => {
        const places = [event.from, context.conversationId, event.metadata?.originatingTo, event.sessionKey];
        // Who writes in a group has not asked for an agent.
        if (places.some((place) => typeof place === "string" && (place.includes("@g.us") || place.includes(":group:")))) return undefined;
        return event.senderId || context.senderId || event.from;
      });
    }
  },
};
