// Microphone, speaker, ringer: which there are, which were chosen, and how loud they are.

const KEPT = "phone-devices";
const METER_EVERY = 80;

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
};

// Events: "chosen" when another device was picked, "changed" when one was plugged in or out.
export class Devices extends EventTarget {
  chosen = { microphone: "", speaker: "", ringer: "", volume: 1, ...read() };
  #meter = null;
  #turn = 0;

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.dispatchEvent(new Event("changed")));
  }

  get canChooseSpeaker() {
    return "setSinkId" in HTMLMediaElement.prototype;
  }

  get canChooseRinger() {
    return "setSinkId" in AudioContext.prototype;
  }

  choose(kind, value) {
    this.chosen[kind] = value;
    try {
      localStorage.setItem(KEPT, JSON.stringify(this.chosen));
    } catch { /* for this page only, then */ }
    this.dispatchEvent(new CustomEvent("chosen", { detail: { kind } }));
  }

  // Names are empty until the microphone was allowed once.
  async list() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const of = (kind) => all.filter((each) => each.kind === kind && each.deviceId !== "communications");
    return { microphones: of("audioinput"), speakers: of("audiooutput") };
  }

  async openMicrophone() {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "SecurityError");
    const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const { microphone } = this.chosen;
    const audio = microphone ? { ...wanted, deviceId: { exact: microphone } } : wanted;
    try {
      return await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      if (!microphone || (error.name !== "OverconstrainedError" && error.name !== "NotFoundError")) throw error;
      return navigator.mediaDevices.getUserMedia({ audio: wanted }); // the chosen one is unplugged
    }
  }

  async speakFrom(element) {
    if (this.canChooseSpeaker) await element.setSinkId(this.chosen.speaker).catch(() => element.setSinkId("").catch(() => {}));
  }

  // Say how loud the microphone is, from 0 to 1, until `stopMeter`.
  async startMeter(tell) {
    this.stopMeter();
    const turn = this.#turn;
    const stream = await this.openMicrophone();
    if (turn !== this.#turn) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, each) => sum + each * each, 0) / samples.length;
      tell(Math.min(1, Math.sqrt(power) * 4));
    }, METER_EVERY);
    this.#meter = () => {
      clearInterval(timer);
      context.close();
      for (const track of stream.getTracks()) track.stop();
    };
  }

  stopMeter() {
    this.#turn += 1;
    this.#meter?.();
    this.#meter = null;
  }
}
