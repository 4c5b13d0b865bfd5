import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerClient } from '../http/ledger-client';
import type { CaptureReport } from '../ledger-rows';
import { pacedCapture } from '../play';
import type { Show } from './show';
import { type Snapshot, Watch } from './watch';

export interface PlayOptions {
  readonly seed: number;
  readonly foreignAgents: number;
  readonly mobileNodes: number;
  readonly durationSeconds: number;
  readonly startTimeMs: number;
  /** 1 is real time. */
  readonly speed: number;
}

export interface Played {
  readonly snapshot: Snapshot;
  readonly report: CaptureReport;
}

/** Often enough to look alive, seldom enough to leave the processors to the ledger. */
const lookEveryMs = 400;

/** Plays bytes into the ledger as a live capture and shows what the ledger makes of them, until the play or a person ends it. */
export async function playNetwork(client: LedgerClient, options: PlayOptions, show: Show, interrupted: AbortSignal): Promise<Played> {
  const { speed, ...network } = options;
  const { startTimeMs, durationSeconds } = network;
  let playedSeconds = 0;
  const onFrame = (timeNs: bigint): void => {
    playedSeconds = Number(timeNs / 1_000_000n - BigInt(startTimeMs)) / 1000;
  };
  const capture = await pacedCapture(network, speed, interrupted, { onFrame });
  const watch = new Watch(client);
  let over = false;
  const ingest = client.postCapture<CaptureReport>(capture, { follow: true }).finally(() => (over = true));
  // A failure is told where the report is awaited below, also where it comes before.
  const settled = ingest.then(
    () => undefined,
    () => undefined,
  );
  const look = async (wait: boolean): Promise<Snapshot> => {
    const snapshot = await watch.look({ settled: wait });
    await show.draw(snapshot, { url: client.url.origin, playedSeconds, durationSeconds, speed });
    return snapshot;
  };
  while (!over) {
    await look(false);
    await Promise.race([sleep(lookEveryMs), settled]);
  }
  const report = await ingest;
  return { report, snapshot: await look(true) };
}
