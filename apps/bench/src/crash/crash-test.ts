import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openPool } from '#postgres';
import { Random } from '#simulator';
import { bindingFaults, logFaults, repeatFaults } from './answer-audit';
import { ForeignAgentCaller, scopes, type AcknowledgedCommand } from './foreign-agent-caller';
import { auditLog } from './log-audit';
import { differencesFromRebuild } from './rebuilt-tables';
import { ServedLedger, type LedgerStart, type Victim } from './served-ledger';

export interface CrashRound {
  readonly round: number;
  readonly victim: Victim;
  /** Load before the kill. */
  readonly loadMs: number;
  readonly acknowledged: number;
  /** Commands under way at the kill that were answered after it. */
  readonly unanswered: number;
  readonly events: string;
  /** Of the service: until it answers. Of PostgreSQL: until the first command was acknowledged again. */
  readonly backInMs: number;
  readonly faults: readonly string[];
}

export interface CrashTestOptions {
  /** `dist/apps/cli/src/main.js` of this build. */
  readonly program: string;
  readonly rounds: number;
  readonly seed: number;
  /** An address of EventStoreDB for the log of each data directory; undefined: PostgreSQL. */
  readonly eventStore?: () => string | undefined;
  /** A service or a PostgreSQL that is back later than this is a fault; 10 s. */
  readonly backPatienceMs?: number;
  readonly onRound?: (round: CrashRound) => void;
}

const callerCount = 64;
/** Then a new data directory: checking a round costs as much as its whole log is long. */
const roundsPerLedger = 10;
/** Of earlier rounds, asked again in each. */
const repeatedSample = 500;

/** Kills and restarts the service, or PostgreSQL under it, while 64 callers command it, and looks for what is lost, doubled or torn. */
export async function crashTest({ program, rounds, seed, eventStore, backPatienceMs = 10_000, onRound }: CrashTestOptions): Promise<readonly CrashRound[]> {
  const done: CrashRound[] = [];
  for (let first = 1; first <= rounds; first += roundsPerLedger) {
    const dataDir = mkdtempSync('/var/tmp/ledger-crash-');
    const ledger = new CrashedLedger({ program, dataDir, eventStore: eventStore?.() }, seed + first, backPatienceMs);
    try {
      await ledger.open();
      for (let round = first; round < first + roundsPerLedger && round <= rounds; round++) {
        const result = await ledger.round(round).catch((error: unknown) => {
          throw new Error(`Round ${round} of seed ${seed} failed. ${ledger.log}`, { cause: error });
        });
        done.push(result);
        onRound?.(result);
      }
    } finally {
      await ledger.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  return done;
}

/** A test that killed nothing, or killed what did nothing, shows nothing: a sentence for each thing that is missing. */
export function whatWasNotTried(rounds: readonly Pick<CrashRound, 'round' | 'victim' | 'acknowledged'>[]): readonly string[] {
  const victims = (['service', 'postgres'] as const).filter((victim) => !rounds.some((round) => round.victim === victim));
  const idle = rounds.filter(({ acknowledged }) => acknowledged === 0);
  return [
    ...victims.map((victim) => `${victim} was never killed: three rounds are the least.`),
    ...idle.map(({ round }) => `no command was acknowledged in round ${round}`),
  ];
}

class CrashedLedger {
  private readonly random: Random;
  private readonly callers: readonly ForeignAgentCaller[];
  private readonly earlier: AcknowledgedCommand[] = [];
  private served: ServedLedger | undefined;

  constructor(
    private readonly start: LedgerStart,
    seed: number,
    private readonly backPatienceMs: number,
  ) {
    this.random = new Random(seed);
    this.callers = Array.from({ length: callerCount }, (_, index) => new ForeignAgentCaller(`crash-${seed}`, index, new Random(seed, index + 1)));
  }

  get log(): string {
    return this.served?.log() ?? '';
  }

  /** A short quarantine, so that pools last for as long as the callers ask. */
  async open(): Promise<void> {
    this.served = await ServedLedger.start(this.start);
    for (let scope = 0; scope < scopes; scope++) {
      const body = { careOfAddresses: [`198.51.100.${scope + 1}`], policy: { quarantineSeconds: 1 } };
      const { status } = await this.callers[0]!.ask(this.served.url, { method: 'PUT', path: `/v1/foreign-agents/fa-${scope}`, body });
      if (status !== 201) throw new Error(`fa-${scope} is not provisioned: ${status}`);
    }
  }

  async close(): Promise<void> {
    for (const caller of this.callers) caller.close();
    await this.served?.stop();
  }

  async round(round: number): Promise<CrashRound> {
    const victim: Victim = round % 3 === 0 ? 'postgres' : 'service';
    const loadMs = this.random.integer(200, 2_500);
    const { backInMs, unanswered } = victim === 'service' ? await this.killService(loadMs) : await this.killPostgres(loadMs);
    const acknowledged = this.callers.flatMap((caller) => caller.acknowledged.splice(0));
    const { head, faults } = await this.check(acknowledged);
    if (backInMs > this.backPatienceMs) faults.push(`back only after ${Math.round(backInMs)} ms`);
    this.earlier.push(...acknowledged);
    return { round, victim, loadMs, acknowledged: acknowledged.length, unanswered, events: String(head), backInMs: Math.round(backInMs), faults };
  }

  private async killService(loadMs: number): Promise<{ backInMs: number; unanswered: number }> {
    const stopped = new AbortController();
    const working = this.work(stopped.signal);
    await pause(loadMs);
    await this.served!.kill('service');
    stopped.abort();
    await working;
    if (this.random.chance(0.25)) await ServedLedger.startAndKill(this.start, this.random.integer(100, 3_000));
    this.served = await ServedLedger.start(this.start);
    const unanswered = this.callers.filter(({ pending }) => pending !== undefined).length;
    await this.settle();
    return { backInMs: this.served.startedInMs, unanswered };
  }

  /** The callers go on while PostgreSQL comes back. */
  private async killPostgres(loadMs: number): Promise<{ backInMs: number; unanswered: number }> {
    const stopped = new AbortController();
    const working = this.work(stopped.signal);
    await pause(loadMs);
    const killedAt = performance.now();
    await this.served!.kill('postgres');
    const unanswered = this.callers.filter(({ pending }) => pending !== undefined).length;
    await pause(50);
    const before = this.acknowledgedCount();
    while (this.acknowledgedCount() <= before + unanswered && performance.now() - killedAt < 2 * this.backPatienceMs) await pause(10);
    const backInMs = performance.now() - killedAt;
    await pause(this.random.integer(0, 500));
    stopped.abort();
    await working;
    await this.settle();
    return { backInMs, unanswered };
  }

  private async check(acknowledged: readonly AcknowledgedCommand[]): Promise<{ head: bigint; faults: string[] }> {
    const { url } = this.served!;
    const sample = Array.from({ length: Math.min(repeatedSample, this.earlier.length) }, () => this.random.pick(this.earlier));
    const repeats = await repeatFaults(url, this.callers, [...acknowledged, ...sample]);
    const target = this.served!.database();
    const pool = openPool(target, { max: 3, statementTimeoutMs: 120_000 });
    try {
      const { head, faults, commands } = await auditLog(pool);
      const rebuilt = await differencesFromRebuild(pool, target);
      return { head, faults: [...faults, ...logFaults(acknowledged, commands), ...bindingFaults(acknowledged), ...repeats, ...rebuilt] };
    } finally {
      await pool.end();
    }
  }

  private async work(stopped: AbortSignal): Promise<void> {
    await Promise.all(this.callers.map((caller) => caller.work(this.served!.url, stopped)));
  }

  private async settle(): Promise<void> {
    const patience = AbortSignal.timeout(this.backPatienceMs);
    await Promise.all(this.callers.map((caller) => caller.settlePending(this.served!.url, patience)));
    if (patience.aborted) throw new Error(`${this.callers.filter(({ pending }) => pending).length} commands got no answer in ${this.backPatienceMs} ms after the restart.`);
  }

  private acknowledgedCount(): number {
    return this.callers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  }
}
