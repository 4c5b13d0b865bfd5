import { createHash } from 'node:crypto';
import type pg from 'pg';
import { v4 } from 'uuid';
import type { EventStore } from '#event-store';
import { CaptureDecoder, isUnreadable, type DecodeResult } from '#signalling';
import type { Handoffs } from '../handoff/handoffs';
import type { KnownAgents } from '../processes/known-agents';
import type { Mailboxes } from '../mailbox/mailboxes';
import type { Registrations } from '../processes/registrations';
import type { Scopes } from '../processes/scopes';
import type { BindingDirectory } from './binding-directory';
import { errorsKept, type CaptureReport, type FlowCounts } from './capture-report';
import { withoutNaiOfAddresses } from './nai-of-addresses';
import { ObservedMessages } from './observed-messages';
import { ObservationRun } from './observation-run';
import { Observer } from './observer';
import type { LeftLegs } from '../processes/left-legs';
import { continues, ObserverMemory } from './observer-memory';
import { ObserverMemories } from './observer-memories';
import { sightedOf, type Sighted } from './sighted';

export interface IngestOptions {
  readonly actor: string;
  /** The capture goes on while it is read: what is due by the wall clock ends meanwhile. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number, frames: number) => void;
}

/** A live capture's frames are about now; an old one that is only fed slowly must not expire at today's clock. */
const liveToleranceMs = 60_000;
const liveTickMs = 1_000;
/** Messages of a file that are told together: fewer round trips, bounded memory. A live capture is told as it comes. */
const batchSize = 2_000;

/** Reads captures into the ledger: bytes, not shortcuts. The same capture again appends nothing. */
export class CaptureIngest {
  /** One capture after the other, so that the second of two equal ones finds what the first saw. */
  private last: Promise<unknown> = Promise.resolve();
  private readonly memories: ObserverMemories;

  constructor(
    private readonly pool: pg.Pool,
    private readonly store: EventStore,
    private readonly mailboxes: Mailboxes,
    private readonly registrations: Registrations,
    private readonly handoffs: Handoffs,
    private readonly agents: KnownAgents,
    private readonly bindings: BindingDirectory,
    private readonly scopes: Scopes,
    private readonly leftLegs: LeftLegs,
    private readonly clock: () => number,
    private readonly tablesCaughtUp: () => Promise<void>,
  ) {
    this.memories = new ObserverMemories(pool);
  }

  /** Settles when everything that the capture showed is durable. */
  async ingest(source: AsyncIterable<Uint8Array>, options: IngestOptions): Promise<CaptureReport> {
    if (options.follow) return this.run(source, options);
    const run = this.last.then(() => this.run(source, options));
    this.last = run.catch(() => undefined);
    return run;
  }

  async report(captureId: string): Promise<CaptureReport | null> {
    const { rows } = await this.pool.query<{ report: string }>('select report from ledger.captures where capture_id = $1', [captureId]);
    return rows[0] ? (JSON.parse(rows[0].report) as CaptureReport) : null;
  }

  private async run(source: AsyncIterable<Uint8Array>, options: IngestOptions): Promise<CaptureReport> {
    // What earlier captures and registrations came to is known from the tables.
    await this.tablesCaughtUp();
    this.bindings.beginCapture();
    const decoder = new CaptureDecoder();
    const hash = createHash('sha256');
    const messages = new ObservedMessages(this.pool);
    const cause = { actor: options.actor, capture: v4() };
    const run = new ObservationRun(this.mailboxes, messages, new ObserverMemory(), cause);
    const { registrations, handoffs, agents, bindings, scopes, leftLegs } = this;
    const observer = new Observer(run, { registrations, handoffs, agents, bindings, scopes, leftLegs });
    const tally = new Tally();
    const ticking = options.follow ? this.tickLive(decoder, run) : null;
    let state: CaptureReport['state'] = 'ingested';
    let results: DecodeResult[] = [];
    try {
      for await (const chunk of source) {
        hash.update(chunk);
        results = results.concat(decoder.push(chunk));
        if (options.follow || results.length >= batchSize) await this.take(results.splice(0), observer, run, tally);
        options.onProgress?.(decoder.counts.bytes, decoder.counts.frames);
        if (options.signal?.aborted) break;
      }
      await this.take(results.concat(decoder.end()), observer, run, tally);
    } catch (error) {
      if (!options.signal?.aborted) throw error;
    } finally {
      await ticking?.stop();
    }
    if (options.signal?.aborted) state = 'aborted';
    const { bytes, frames, lastTimeNs, messages: kinds } = decoder.counts;
    if (lastTimeNs !== null) {
      const endedAt = Number(lastTimeNs / 1_000_000n);
      if (state === 'ingested') await run.tick(endedAt, true);
      await this.memories.keep(run.memory.keep(endedAt, messages.recent));
    }
    const report: CaptureReport = {
      captureId: hash.digest('hex'), state, bytes, frames, messages: kinds,
      eventsAppended: run.eventsAppended, repeats: run.repeats,
      violations: Object.fromEntries([...tally.violations].sort()), errorCount: tally.errorCount, errors: tally.errors,
      foreignAgents: await this.flowCounts(run), position: String(await this.store.head()),
    };
    await this.keep(report);
    return report;
  }

  private async take(decoded: readonly DecodeResult[], observer: Observer, run: ObservationRun, tally: Tally): Promise<void> {
    const results = decoded.map((result) => (isUnreadable(result) ? result : withoutNaiOfAddresses(result)));
    tally.count(results);
    const sighted = results.flatMap((result) => (isUnreadable(result) ? [] : [sightedOf(result)]));
    if (sighted.length === 0) return;
    const { messages } = run;
    if (!run.begun) await this.recall(run, sighted[0]!.observedMs);
    await Promise.all([messages.prepare(sighted), this.bindings.prepare(destinationsOf(sighted))]);
    for (const one of sighted) await observer.observe(one);
    await run.settle();
    await messages.keep();
  }

  /** What the captures before left, as far as it holds for one that begins at this time. */
  private async recall(run: ObservationRun, beginsAt: number): Promise<void> {
    run.begun = true;
    const kept = await this.memories.kept();
    if (kept === null) return;
    run.memory.recall(kept, beginsAt);
    run.messages.follow(kept.endedAt);
    if (continues(kept, beginsAt)) run.messages.continue(kept.recent);
  }

  /** While a capture is followed live, the wall clock ends what is due between its frames. */
  private tickLive(decoder: CaptureDecoder, run: ObservationRun): { stop(): Promise<void> } {
    let running: Promise<void> = Promise.resolve();
    const timer = setInterval(() => {
      const { lastTimeNs } = decoder.counts;
      const now = this.clock();
      if (lastTimeNs === null || Math.abs(now - Number(lastTimeNs / 1_000_000n)) > liveToleranceMs) return;
      running = running.then(() => run.tick(now, false)).catch(() => undefined);
    }, liveTickMs);
    return {
      async stop() {
        clearInterval(timer);
        await running;
      },
    };
  }

  /** One scope after the other: what was dropped from memory is folded again. */
  private async flowCounts(run: ObservationRun): Promise<FlowCounts[]> {
    const counts: FlowCounts[] = [];
    for (const { foreignAgent, careOfAddress } of run.shownScopes.values()) {
      const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
      await mailbox.load();
      const sessions = [...mailbox.fold.state.sessions.values()];
      const temporary = sessions.filter((session) => session.temporary !== null).length;
      counts.push({ foreignAgent, careOfAddress, live: sessions.length, native: sessions.length - temporary, temporary });
    }
    return counts;
  }

  private async keep(report: CaptureReport): Promise<void> {
    await this.pool.query(
      `insert into ledger.captures (capture_id, state, report) values ($1, $2, $3)
        on conflict (capture_id) do update set state = excluded.state, report = excluded.report, ingested_at = now()`,
      [report.captureId, report.state, JSON.stringify(report)],
    );
  }
}

/** Home addresses, perhaps, that RSVP sessions go to. */
function destinationsOf(sighted: readonly Sighted[]): string[] {
  return sighted.flatMap(({ decoded: { message } }) => ('messageType' in message && message.session ? [message.session.destination] : []));
}

/** Deviations and unreadable frames of a capture. */
class Tally {
  readonly violations = new Map<string, number>();
  readonly errors: CaptureReport['errors'][number][] = [];
  errorCount = 0;

  count(results: readonly DecodeResult[]): void {
    for (const result of results) {
      if (isUnreadable(result)) {
        this.errorCount++;
        if (this.errors.length < errorsKept) this.errors.push({ frame: result.frame, error: result.error, offset: result.offset });
      } else {
        for (const { name } of result.violations) this.violations.set(name, (this.violations.get(name) ?? 0) + 1);
      }
    }
  }
}
