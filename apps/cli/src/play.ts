import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LinkType, PcapWriter } from '#signalling';
import type { SimulatedFrame, SimulationOptions, Truth } from '#simulator';

/** A simulated network as a capture that is live: each record is there when its time has come. */
export async function pacedCapture(
  network: Partial<SimulationOptions>,
  speed: number,
  interrupted: AbortSignal,
  { onFrame, onTruth }: { readonly onFrame?: (timeNs: bigint) => void; readonly onTruth?: (truth: Truth) => void } = {},
): Promise<Readable> {
  const { simulate } = await import('#simulator');
  const writer = new PcapWriter(LinkType.ETHERNET);
  const records = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield writer.header();
    for await (const { timeNs, bytes } of paced(simulate(network, onTruth), speed, interrupted)) {
      onFrame?.(timeNs);
      yield writer.record(timeNs, bytes);
    }
  };
  return Readable.from(records(), { objectMode: false });
}

/**
 * Hands frames on when their time has come: `speed` 1 is real time, 10 is ten times as fast, Infinity as fast as they are
 * taken. Ends early, without an error, when interrupted: a play has no result that must be whole.
 */
export async function* paced(frames: Iterable<SimulatedFrame>, speed: number, interrupted: AbortSignal): AsyncGenerator<SimulatedFrame, void, undefined> {
  const startedAt = performance.now();
  let firstNs: bigint | undefined;
  for (const frame of frames) {
    if (interrupted.aborted) return;
    firstNs ??= frame.timeNs;
    const dueMs = speed === Infinity ? 0 : Number(frame.timeNs - firstNs) / 1e6 / speed;
    const early = dueMs - (performance.now() - startedAt);
    // Timers are no finer than a millisecond; frames of one millisecond go together.
    if (early > 1) await sleep(early, undefined, { signal: interrupted }).catch(() => undefined);
    if (interrupted.aborted) return;
    yield frame;
  }
}
