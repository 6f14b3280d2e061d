// All calls of this phone: one that is talked in, the others held, ringing or dialled.

import { Call, CONNECTION } from "./call.js";
import { microphoneTrouble, reasonOf } from "./reasons.js";
import { text } from "./words.js";

const MOST = 4;
const SHOWN_AFTER = 4000; // milliseconds that a call stays on the screen when it is over
const GRAVE_FOR = 60_000;
const TRANSFER_WITHIN = 60_000;
const TRANSFER_REASONS = { 486: "transfer-busy", 600: "transfer-busy", 501: "transfer-outside" };
const DIALLED = /^\+?[0-9*#]{1,32}$/;

export const cleaned = (number) =>
  number.replace(/[\s().\/\u2010-\u2015\u00a0-]/g, "").replace(/^tel:/i, "").replace(/^\+?\(0\)/, "");

// Events: "change" whenever a call did; "added", "over" with a call; "trouble" with a sentence.
export class Calls extends EventTarget {
  all = [];
  #line;
  #devices;
  #who;
  #replacing = null;

  constructor({ line, devices, who }) {
    super();
    this.#line = line;
    this.#devices = devices;
    this.#who = who;
    line.addEventListener("incoming", ({ detail }) => this.#ring(detail.session));
    line.addEventListener("back", ({ detail }) => {
      for (const call of this.all) {
        if (detail.moved || call.lost) call.reconnect();
        else call.tell();
      }
    });
    devices.addEventListener("chosen", ({ detail }) => {
      for (const call of this.all) {
        if (detail.kind === "microphone") call.useMicrophone().catch((error) => this.#tell(microphoneTrouble(error)));
        if (detail.kind === "speaker") call.useSpeaker();
      }
    });
  }

  get going() {
    return this.all.filter((call) => !call.over);
  }

  get current() {
    return this.going.find((call) => call.live) ?? this.going.find((call) => !call.incoming || call.talking);
  }

  get ringing() {
    return this.going.find((call) => call.state === "incoming");
  }

  // Call a number as somebody typed it. Returns the call, or nothing if that cannot be.
  async dial(written, { consulting = null } = {}) {
    const number = cleaned(written);
    if (!DIALLED.test(number)) return this.#tell(text("not-a-number", { number: written.trim() }));
    if (this.going.length >= MOST) return this.#tell(text("too-many-calls"));
    const call = this.#add(number, false);
    call.consulting = consulting;
    this.#name(call);
    if (!this.#line.registered) {
      call.fail(text("not-registered"));
      return call;
    }
    this.#holdOthers(call);
    const stream = await this.#open(call);
    if (!stream || call.over) return call;
    call.change({ state: "dialling" });
    this.#take(call, this.#line.call(number, { mediaStream: stream, pcConfig: CONNECTION }));
    return call;
  }

  async answer(call) {
    if (call?.state !== "incoming" || call.answering) return;
    call.change({ answering: true });
    this.#holdOthers(call);
    const stream = await this.#open(call);
    if (!stream || call.over) {
      call.change({ answering: false });
      return;
    }
    call.session.answer({ mediaStream: stream, pcConfig: CONNECTION });
  }

  decline(call) {
    call?.terminate({ status_code: 603, reason_phrase: "Decline" });
  }

  end(call) {
    if (call?.state === "incoming") this.decline(call);
    else call?.terminate();
  }

  hold(call, on) {
    if (!on) this.#holdOthers(call);
    call.hold(on);
  }

  // Hand a call over without asking: the other side is told to call the number.
  transfer(call, written) {
    const number = cleaned(written);
    if (!DIALLED.test(number)) return this.#tell(text("not-a-number", { number: written.trim() }));
    if (!call.held) call.hold(true);
    this.#refer(call, this.#line.address(number), {}, number);
    return true;
  }

  // Ask first: the call waits while somebody else is called.
  consult(call, written) {
    return this.dial(written, { consulting: call });
  }

  // Hand the waiting call over to the one that was asked.
  connect(call) {
    const waiting = call.consulting;
    if (!waiting?.talking || !call.talking) return;
    const name = call.name || call.number;
    this.#refer(waiting, call.session.remote_identity.uri.toString(), { replaces: call.session }, name, call);
  }

  dismiss(call) {
    this.all = this.all.filter((each) => each !== call);
    this.#changed();
  }

  #add(number, incoming, name = "") {
    for (const each of this.all.filter((old) => old.over)) this.dismiss(each);
    const call = new Call({ number, incoming, devices: this.#devices });
    call.name = name ?? "";
    call.state = incoming ? "incoming" : "preparing";
    this.all.push(call);
    call.addEventListener("change", () => this.#changed());
    call.addEventListener("over", ({ detail }) => this.#over(call, detail));
    this.dispatchEvent(new CustomEvent("added", { detail: call }));
    this.#changed();
    return call;
  }

  #take(call, session) {
    call.take(session);
    session.on("refer", (event) => this.#referred(call, event));
    session.on("replaces", ({ accept, reject }) => {
      if (!call.talking) {
        reject();
        return;
      }
      this.#replacing = call; // for the session that accept() brings at once, and for no other
      try {
        accept();
      } finally {
        this.#replacing = null;
      }
    });
  }

  #ring(session) {
    const replaced = this.#replacing;
    this.#replacing = null;
    if (this.going.length >= MOST) {
      session.terminate({ status_code: 486 });
      return;
    }
    const { uri, display_name: said } = session.remote_identity;
    const call = this.#add(decodeURIComponent(uri.user ?? ""), true, said !== uri.user ? said : "");
    this.#take(call, session);
    this.#name(call);
    if (replaced?.talking) this.answer(call); // somebody we talk with handed the call over to another
  }

  async #name(call) {
    const found = await this.#who(call.number);
    if (!found) return;
    const { name, about, kind, photo, number } = found;
    call.change({ name: name || call.name, about, kind, photo, shown: number || call.number });
  }

  async #open(call) {
    try {
      return await call.open();
    } catch (error) {
      const words = microphoneTrouble(error);
      this.#tell(words);
      if (!call.incoming) call.fail(words);
      return null;
    }
  }

  #holdOthers(call) {
    for (const each of this.going) {
      if (each !== call && each.live) each.hold(true);
    }
  }

  #refer(call, target, options, name, with_ = null) {
    const done = (words) => {
      call.change({ transfer: { words } });
      call.terminate();
      with_?.terminate();
    };
    const failed = (event) => {
      if (call.over || !call.transfer || call.transfer.failed) return;
      const code = event?.status_line?.status_code ?? event?.response?.status_code ?? 0;
      const key = TRANSFER_REASONS[code] ?? "transfer-failed";
      call.change({ transfer: { words: text(key, { name, code }), failed: true } });
    };
    call.change({ transfer: { words: text("transferring", { name }) } });
    call.session.refer(target, {
      ...options,
      eventHandlers: {
        accepted: () => done(text("transferred", { name })),
        failed,
        requestFailed: failed,
      },
    });
    setTimeout(() => failed(null), TRANSFER_WITHIN);
  }

  // The other side hands us over: to a colleague at once, to anybody else if we agree.
  async #referred(call, { request, accept, reject }) {
    const { uri } = request.refer_to;
    const number = decodeURIComponent(uri.user ?? "");
    const here = uri.host.toLowerCase() === this.#line.domain.toLowerCase();
    if (!here || !DIALLED.test(number)) {
      reject();
      return;
    }
    const found = await this.#who(number);
    const go = async () => {
      call.change({ asked: null });
      const next = this.#add(number, false);
      this.#name(next);
      const stream = await this.#open(next);
      if (!stream || next.over || !call.talking) {
        reject();
        next.fail("");
        return;
      }
      next.change({ state: "dialling" });
      accept((session) => this.#take(next, session), { mediaStream: stream, pcConfig: CONNECTION });
    };
    const stay = () => {
      call.change({ asked: null });
      reject();
    };
    if (found?.kind === "colleague") go();
    else call.change({ asked: { number, name: found?.name || number, accept: go, decline: stay } });
  }

  #over(call, event) {
    call.reason = event.words !== undefined
      ? { key: "failed", words: event.words, grave: Boolean(event.words) }
      : this.#reason(call, event);
    this.dispatchEvent(new CustomEvent("over", { detail: call }));
    const { grave, words } = call.reason;
    setTimeout(() => this.dismiss(call), grave ? GRAVE_FOR : words ? SHOWN_AFTER : 0);
  }

  #reason(call, event) {
    if (call.transfer && !call.transfer.failed) return { key: "transferred", words: call.transfer.words, grave: false };
    if (call.answeredAt) return { key: "ended", words: text("ended"), grave: false };
    return reasonOf(event, call);
  }

  #tell(words) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: words }));
    return null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
