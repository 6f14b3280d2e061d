// One call: a session of JsSIP with its sound, and what the screen says of it.
//
// `state` is preparing, dialling, ringing, incoming, talking, or over.

import { watch } from "./quality.js";

const LOST_FOR = 3000; // milliseconds without a way for sound, until another is looked for
const GIVE_UP = 60_000;
const GATHER = 800;
const RTP_TIMEOUT = "RTP Timeout";
const NOT_TOLD = new Set(["Media Renegotiation Failed", "Hold Failed", "Unhold Failed"]);

let counted = 0;

const stop = (stream) => {
  for (const track of stream.getTracks()) track.stop();
  return null;
};

export const CONNECTION = { iceServers: [] };

export class Call extends EventTarget {
  id = `call-${(counted += 1)}`;
  session = null;
  state = "preparing";
  name = "";
  about = "";
  kind = "none";
  photo = "";
  startedAt = new Date();
  answeredAt = null;
  held = false; // by us
  heldThere = false;
  muted = false;
  early = false; // the other side is heard before it answered
  quality = null;
  reason = null;
  transfer = null; // what is being done: {words, failed}
  consulting = null; // the call that is to be handed over to this one
  asked = null; // the other side asks us to call somebody: {number, name, accept, decline}
  stream = null;
  #devices;
  #audio = null;
  #stopWatching = () => {};
  #lostAt = 0;
  #restart = 0;
  #telling = 0; // since when we try to tell the other side where we are

  constructor({ number, incoming, devices }) {
    super();
    this.number = number;
    this.shown = number; // as people write it
    this.incoming = incoming;
    this.#devices = devices;
  }

  get over() {
    return this.state === "over";
  }

  get talking() {
    return this.state === "talking";
  }

  get live() {
    return this.talking && !this.held;
  }

  change(values = {}) {
    Object.assign(this, values);
    this.dispatchEvent(new Event("change"));
  }

  // Take a session of JsSIP; called before anything of it is sent.
  take(session) {
    this.session = session;
    this.#guard(session);
    session.on("peerconnection", ({ peerconnection }) => this.#connect(peerconnection));
    if (session.connection) this.#connect(session.connection);
    session.on("icecandidate", ({ ready }) => setTimeout(ready, GATHER));
    session.on("progress", ({ originator, response }) => {
      if (originator === "remote") this.change({ state: "ringing", early: Boolean(response?.body) });
    });
    session.on("accepted", () => this.change({ state: "talking", answeredAt: new Date(), early: false }));
    session.on("hold", ({ originator }) => this.#held(originator, true));
    session.on("unhold", ({ originator }) => this.#held(originator, false));
    session.on("ended", (event) => this.#end(event));
    session.on("failed", (event) => this.#end(event));
  }

  hold(on) {
    if (!this.talking || this.held === on) return true;
    const done = on ? this.session.hold() : this.session.unhold();
    if (!done) setTimeout(() => this.hold(on), 500); // another change is on its way
    return done;
  }

  mute(on) {
    this.muted = on;
    if (on) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
    this.change();
  }

  key(digit) {
    if (this.talking) this.session.sendDTMF(digit, { transportType: "RFC2833" });
  }

  terminate(options) {
    if (this.over) return;
    try {
      this.session?.terminate(options);
    } catch { /* it ended meanwhile */ }
    if (!this.session) this.#end({ originator: "local", cause: "Canceled" });
  }

  fail(words) {
    if (!this.over) this.#end({ words });
  }

  // The network is another one: tell the other side where we are, and look for a way for sound.
  reconnect() {
    if (!this.talking) return;
    this.#telling ||= Date.now();
    const done = this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, () => {
      this.#telling = 0;
    });
    if (!done) setTimeout(() => this.reconnect(), 1000);
  }

  // The connection to the switch is another one, and sound goes its way: say no more than that.
  tell() {
    if (this.talking) this.session.sendRequest("UPDATE", { extraHeaders: [`Contact: ${this.session.contact}`] });
  }

  async useMicrophone() {
    const sender = this.session?.connection?.getSenders().find((each) => each.track?.kind === "audio");
    if (!sender || this.over) return;
    const stream = await this.#devices.openMicrophone();
    const [track] = stream.getAudioTracks();
    track.enabled = sender.track?.enabled ?? !this.muted;
    try {
      if (!this.over) await sender.replaceTrack(track);
    } catch (error) {
      stop(stream);
      throw error;
    }
    if (this.over) return stop(stream);
    this.#silence();
    this.stream = stream;
    this.#mind(track);
  }

  async useSpeaker() {
    if (this.#audio) await this.#devices.speakFrom(this.#audio);
  }

  // Open the microphone. Asking may take long: of a call that is over meanwhile nothing stays open.
  async open() {
    const stream = await this.#devices.openMicrophone();
    if (this.over) return stop(stream);
    this.stream = stream;
    this.#mind(stream.getAudioTracks()[0]);
    return stream;
  }

  // The microphone was pulled out: go on with another one.
  #mind(track) {
    track?.addEventListener("ended", () => {
      if (!this.over) this.useMicrophone().catch(() => this.change({ lostMicrophone: true }));
    });
  }

  #connect(connection) {
    connection.addEventListener("track", ({ streams, track }) => {
      this.#audio ??= new Audio();
      this.#audio.autoplay = true;
      this.#audio.srcObject = streams[0] ?? new MediaStream([track]);
      this.#devices.speakFrom(this.#audio);
      this.#audio.play().catch(() => {});
    });
    connection.addEventListener("iceconnectionstatechange", () => this.#follow(connection));
    this.#stopWatching();
    this.#stopWatching = watch(
      connection,
      (quality) => this.change({ quality }),
      () => !this.live || this.heldThere || this.#lostAt > 0
    );
  }

  #follow({ iceConnectionState: state }) {
    clearTimeout(this.#restart);
    if (state === "connected" || state === "completed") {
      this.#lostAt = 0;
      this.change({ lost: false });
    } else if (state === "disconnected" || state === "failed") {
      this.#lostAt ||= Date.now();
      this.change({ lost: true });
      this.#seek();
    }
  }

  #seek() {
    this.#restart = setTimeout(() => {
      if (this.over || !this.#lostAt) return;
      if (Date.now() - this.#lostAt > GIVE_UP) {
        this.terminate({ cause: RTP_TIMEOUT, status_code: 408, reason_phrase: RTP_TIMEOUT });
        return;
      }
      if (navigator.onLine) this.reconnect();
      this.#seek();
    }, LOST_FOR + 2000 * Math.random()); // the other side may do the same
  }

  // JsSIP ends a call with the first trouble of its connection; here it has a minute to come back.
  #guard(session) {
    const terminate = session.terminate.bind(session);
    session.terminate = (options = {}) => {
      const since = (moment) => Date.now() - (moment || Date.now());
      if (options.cause === RTP_TIMEOUT && since(this.#lostAt) < GIVE_UP) return;
      if (!NOT_TOLD.has(options.reason_phrase)) terminate(options);
      else this.#tellLater();
    };
    const broken = session.onTransportError.bind(session);
    session.onTransportError = () => {
      if (!session.isEstablished()) broken();
    };
  }

  // The other side was not reached with what changed: it may be on its way back, too. Whether it is
  // gone is found out by the session's own timer.
  #tellLater() {
    this.#telling ||= Date.now();
    if (Date.now() - this.#telling < GIVE_UP) setTimeout(() => this.reconnect(), 1000 + 2000 * Math.random());
    else this.#telling = 0;
  }

  #held(originator, on) {
    if (originator === "remote") {
      this.change({ heldThere: on });
      return;
    }
    if (this.#audio) this.#audio.muted = on;
    this.change({ held: on });
  }

  #silence() {
    if (this.stream) stop(this.stream);
    this.stream = null;
  }

  #end(event) {
    if (this.over) return;
    this.#stopWatching();
    clearTimeout(this.#restart);
    this.#silence();
    if (this.#audio) this.#audio.srcObject = null;
    this.state = "over";
    this.dispatchEvent(new CustomEvent("over", { detail: event }));
    this.change();
  }
}
