// How well two phones hear each other, from what the browser counts, in words.

import { text } from "./words.js";

const EVERY = 3000;
const SILENT_FOR = 2; // readings without a packet

const percent = (part) => Math.round(100 * part);

export const judge = ({ lost, lostThere, jitter, round, silent }) => {
  if (silent) return { level: "bad", words: text("nothing-arrives") };
  if (lost > 0.08) return { level: "bad", words: text("gaps-here", { percent: percent(lost) }) };
  if (lostThere > 0.08) return { level: "bad", words: text("gaps-there", { percent: percent(lostThere) }) };
  if (round > 0.6) return { level: "bad", words: text("late", { milliseconds: Math.round(round * 1000) }) };
  if (lost > 0.02 || lostThere > 0.02 || jitter > 0.05 || round > 0.35) {
    return { level: "warning", words: text("unsteady") };
  }
  return { level: "good", words: text("good-connection") };
};

// Watch a call; `tell` gets a judgement whenever there is one. Returns how to stop.
export const watch = (connection, tell, paused = () => false) => {
  let before = null;
  let still = 0;
  const look = async () => {
    let reports;
    try {
      reports = await connection.getStats();
    } catch {
      return;
    }
    const now = read(reports);
    if (before && !paused()) {
      const received = now.received - before.received;
      const lost = Math.max(0, now.lost - before.lost);
      still = received > 0 ? 0 : still + 1;
      tell(judge({
        lost: received + lost > 0 ? lost / (received + lost) : 0,
        lostThere: now.lostThere,
        jitter: now.jitter,
        round: now.round,
        silent: still >= SILENT_FOR,
      }));
    } else {
      still = 0;
    }
    before = now;
  };
  const timer = setInterval(look, EVERY);
  return () => clearInterval(timer);
};

const read = (reports) => {
  const now = { received: 0, lost: 0, lostThere: 0, jitter: 0, round: 0 };
  for (const each of reports.values()) {
    if (each.type === "inbound-rtp" && each.kind === "audio") {
      now.received += each.packetsReceived ?? 0;
      now.lost += each.packetsLost ?? 0;
      now.jitter = each.jitter ?? 0;
    } else if (each.type === "remote-inbound-rtp" && each.kind === "audio") {
      now.lostThere = Math.max(0, each.fractionLost ?? 0);
      now.round = each.roundTripTime ?? now.round;
    } else if (each.type === "candidate-pair" && each.nominated) {
      now.round ||= each.currentRoundTripTime ?? 0;
    }
  }
  return now;
};
