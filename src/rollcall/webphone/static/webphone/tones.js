// What is heard beside voices: ringing, call progress, keys. All of it is reckoned, nothing loaded.

const RINGBACK = { frequencies: [425], pattern: [1, 4] };
const BUSY = { frequencies: [425], pattern: [0.5, 0.5], times: 5 };
const WAITING = { frequencies: [425], pattern: [0.2, 0.2, 0.2, 5] };
const RING = { frequencies: [523.25, 659.25], pattern: [0.4, 0.2, 0.4, 2], soft: true };
const ENDED = { frequencies: [330], pattern: [0.15, 0.1], times: 2 };
const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477];
const KEYS = ["123", "456", "789", "*0#"];
const QUIET = 0.12;

const open = async (context, device) => {
  if (device !== undefined && context.setSinkId) await context.setSinkId(device).catch(() => {});
  if (context.state === "suspended") await context.resume().catch(() => {});
};

class Player {
  #context = null;
  #device = "";
  #volume = 1;
  #stop = null;

  async use(device, volume = this.#volume) {
    this.#device = device;
    this.#volume = volume;
    if (this.#context) await open(this.#context, device);
  }

  get asleep() {
    return this.#context?.state === "suspended";
  }

  // Browsers are silent until somebody touched the page once.
  async wake() {
    this.#context ??= new AudioContext();
    await Promise.race([open(this.#context, this.#device), new Promise((go) => setTimeout(go, 300))]);
    return this.#context.state === "running";
  }

  async play(tone) {
    this.stop();
    let stopped = false;
    let silence = () => {};
    this.#stop = () => {
      stopped = true;
      silence();
    };
    await this.wake();
    if (!stopped) silence = this.#schedule(tone);
  }

  stop() {
    this.#stop?.();
    this.#stop = null;
  }

  #schedule({ frequencies, pattern, times = Infinity, soft = false }) {
    const context = this.#context;
    const gain = context.createGain();
    gain.gain.value = 0;
    gain.connect(context.destination);
    const voices = frequencies.map((frequency) => {
      const voice = context.createOscillator();
      voice.type = soft ? "triangle" : "sine";
      voice.frequency.value = frequency;
      voice.connect(gain);
      voice.start();
      return voice;
    });
    const loud = (QUIET * (soft ? 2 : 1) * this.#volume) / frequencies.length;
    let at = context.currentTime + 0.02;
    let left = times;
    const turn = () => {
      for (let index = 0; index < pattern.length; index += 1) {
        gain.gain.setTargetAtTime(index % 2 ? 0 : loud, at, 0.01);
        at += pattern[index];
      }
      gain.gain.setTargetAtTime(0, at, 0.01);
    };
    const ahead = () => {
      while (left > 0 && at < context.currentTime + 8) {
        turn();
        left -= 1;
      }
    };
    ahead();
    const timer = setInterval(ahead, 2000);
    return () => {
      clearInterval(timer);
      gain.gain.cancelScheduledValues(context.currentTime);
      gain.gain.setTargetAtTime(0, context.currentTime, 0.01);
      setTimeout(() => {
        for (const voice of voices) voice.stop();
        gain.disconnect();
      }, 100);
    };
  }
}

export class Tones {
  #ringer = new Player();
  #speaker = new Player();
  #keys = new Player();
  muted = false;

  use({ ringer, volume, speaker }) {
    this.#ringer.use(ringer, volume);
    this.#speaker.use(speaker);
    this.#keys.use(speaker);
  }

  wake() {
    return this.#ringer.wake();
  }

  ring() {
    if (!this.muted) this.#ringer.play(RING);
  }

  // A second call, softly, where the voice is.
  waiting() {
    this.#speaker.play(WAITING);
  }

  ringback() {
    this.#speaker.play(RINGBACK);
  }

  busy() {
    this.#speaker.play(BUSY);
  }

  ended() {
    this.#speaker.play(ENDED);
  }

  quiet() {
    this.#ringer.stop();
    this.#speaker.stop();
  }

  key(digit) {
    const row = KEYS.findIndex((keys) => keys.includes(digit));
    if (row < 0) return;
    const column = KEYS[row].indexOf(digit);
    this.#keys.play({ frequencies: [ROWS[row], COLUMNS[column]], pattern: [0.12, 0.03], times: 1 });
  }

  tryRinger() {
    this.#ringer.play({ ...RING, times: 1 });
  }

  trySpeaker() {
    this.#speaker.play({ frequencies: [440], pattern: [0.6, 0.1], times: 1 });
  }
}
