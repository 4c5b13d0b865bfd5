import timers from 'node:timers/promises';
import { MemoryLedger } from '#event-store';
import { NotFound, ScopeContended } from '#ledger';
import { BrokenInvariant, holds } from './broken-invariant';
import { oneIn, pick, weighted, type Choices } from './choices';
import { Drawing } from './draw-operation';
import { Gate, isOutage, type Passage } from './gate';
import { memoryServer, type MemoryServer } from './memory-server';
import { told, type Operation } from './operation';
import { catchUp, perform, tick } from './perform';
import { agents } from './small-network';
import { Witness } from './witness';

export interface Played {
  /** Operations begun, and appends that were let through. */
  readonly steps: number;
  readonly events: number;
  readonly crashes: number;
  /** What happened, a line each, up to the fault. */
  readonly history: readonly string[];
  /** Null: every invariant held after every event. */
  readonly fault: Error | null;
}

const operationsAtOnce = 3;
const epoch = Date.parse('2026-01-01T00:00:00Z');
/** Seconds that may pass; a long one now and then, so that leases, bindings and quarantines end. */
const pauses = [0, 0, 1, 5, 5, 31, 31, 79, 130, 240, 901];

/**
 * Plays a small network on two servers that share one ledger: whose append comes next, what becomes of it, which server dies and
 * how the time passes are all choices. Every invariant is judged after every event, and of the whole network once it has settled.
 */
export async function play(choices: Choices, operations: number): Promise<Played> {
  const network = new PlayedNetwork(choices);
  const { history } = network;
  const passAtOnce = timers.setTimeout;
  // Whoever waits a moment and tries again tries again at once: the run depends on no clock.
  timers.setTimeout = <T>(_?: number, value?: T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(value as T)));
  let fault: Error | null = null;
  try {
    await network.play(operations);
  } catch (error) {
    fault = error as Error;
  } finally {
    timers.setTimeout = passAtOnce;
  }
  return { steps: network.steps, events: network.ledger.log.length, crashes: network.crashes, history, fault };
}

/** A caller may send these again under the same Idempotency-Key; what a capture showed is known again before it comes here. */
function isCommanded({ kind }: Operation): boolean {
  return kind === 'register' || kind === 'configure' || kind === 'provision' || kind === 'remove' || kind === 'reboot' || kind === 'revoke' || kind === 'handoff';
}

class PlayedNetwork {
  readonly ledger = new MemoryLedger();
  readonly history: string[] = [];
  steps = 0;
  crashes = 0;
  private now = epoch;
  private readonly gate = new Gate(this.ledger, () => this.now);
  private readonly witness = new Witness();
  private readonly checkpoints = new Map<string, string>();
  private readonly servers = new Map<number, MemoryServer>();
  private readonly underWay = new Map<number, number>();
  private readonly answered: { readonly operation: Operation; readonly key: string }[] = [];
  private failure: Error | null = null;
  private started = 0;

  constructor(private readonly choices: Choices) {}

  async play(operations: number): Promise<void> {
    const { choices } = this;
    const drawing = new Drawing(choices, this.witness);
    for (let i = 0; i < 2; i++) this.startServer();
    for (const agent of agents) if (!oneIn(choices, 4)) await this.begin(drawing.provision(agent));
    for (let begun = 0; begun < operations && !choices.exhausted; ) {
      await this.moveOn(async () => {
        begun++;
        const again = this.answered.length > 0 && oneIn(choices, 12) ? pick(choices, this.answered) : null;
        await (again ? this.begin(again.operation, again.key) : this.begin(drawing.next()));
      });
    }
    await this.settle();
  }

  /** One choice: an operation begins, an append passes, time passes, or a server dies. */
  private async moveOn(beginOne: () => Promise<void>): Promise<void> {
    const { choices, gate } = this;
    const waiting = gate.waiting.length;
    const mayBegin = this.underWay.size < operationsAtOnce;
    const next = weighted(choices, { begin: mayBegin ? 6 : 0, pass: waiting > 0 ? 12 : 0, wait: 2, crash: waiting > 0 ? 1 : 0 });
    switch (next) {
      case 'begin':
        return beginOne();
      case 'pass':
        return this.letThrough(choices.below(waiting), weighted(choices, { 'goes-on': 40, 'outcome-unknown': 1, unavailable: 1, duplicate: 1 }));
      case 'wait':
        this.now += pick(choices, pauses) * 1000;
        this.history.push(`${this.time} `);
        return;
      case 'crash':
        return this.crash(gate.waiting[choices.below(waiting)]!.server, pick(choices, ['written', 'lost'] as const));
    }
  }

  private get time(): string {
    return `+${(this.now - epoch) / 1000} s`;
  }

  private startServer(): void {
    const server = this.started++;
    this.servers.set(server, memoryServer(this.ledger, this.gate.storeOf(server), () => this.now, this.checkpoints));
  }

  private async begin(operation: Operation, key = `operation ${this.steps}`): Promise<void> {
    const [server, parts] = pick(this.choices, [...this.servers]);
    const number = this.steps++;
    this.history.push(`${this.time} server ${server} begins ${number}: ${told(operation)}${key === `operation ${number}` ? '' : ` (again, ${key})`}`);
    this.underWay.set(number, server);
    perform(parts, operation, key, this.now).then(
      () => void (isCommanded(operation) && this.answered.push({ operation, key })),
      (error: unknown) => {
        const isExpected = isOutage(error) || error instanceof ScopeContended || error instanceof NotFound;
        if (!isExpected) this.failure ??= error as Error;
      },
    ).finally(() => {
      this.gate.activity++;
      this.underWay.delete(number);
    });
    await this.look();
  }

  private async letThrough(index: number, passage: Passage): Promise<void> {
    const { server, stream } = this.gate.waiting[index]!;
    if (passage !== 'goes-on') this.history.push(`${this.time} server ${server} appends to ${stream}: ${passage}`);
    this.gate.letThrough(index, passage);
    await this.look();
  }

  private async crash(server: number, appends: 'written' | 'lost'): Promise<void> {
    this.crashes++;
    this.history.push(`${this.time} server ${server} dies, its append is ${appends}`);
    await this.gate.kill(server, appends);
    this.servers.delete(server);
    for (const [number, at] of this.underWay) if (at === server) this.underWay.delete(number);
    this.startServer();
    await this.look();
  }

  /** Until everybody waits; then what was written is judged. */
  private async look(): Promise<void> {
    await this.gate.quiet();
    for (const recorded of this.ledger.log.slice(this.witness.seen)) {
      this.history.push(`  ${recorded.position} ${recorded.stream} ${recorded.revision} ${recorded.type} ${recorded.data}`);
      this.witness.sees(recorded);
    }
    if (this.failure !== null) throw this.failure;
    const stuck = this.underWay.size > 0 && this.gate.waiting.length === 0;
    if (stuck) throw new BrokenInvariant(`the operations ${[...this.underWay.keys()].join()} wait for nothing`);
  }

  /** Both servers die and one starts: everything that was begun ends. */
  private async settle(): Promise<void> {
    for (const server of [...this.servers.keys()]) await this.crash(server, 'lost');
    const [server] = this.servers.values();
    for (let round = 0; round < 3; round++) {
      await this.finish(catchUp(server!));
      const streams = { scopes: [...this.witness.scopes.values()].map(({ state }) => state), nodes: [...this.witness.nodes.keys()] };
      await this.finish(tick(server!, `settle ${round}`, this.now, streams));
    }
    await this.finish(this.witness.checkSettled(server!.mailboxes));
  }

  private async finish(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
      this.gate.activity++;
    });
    over.catch(() => undefined);
    for (let passes = 0; ; passes++) {
      await this.look();
      if (isOver) break;
      holds('I23', passes < 2_000, () => 'what was begun does not end');
      this.gate.letThrough(0, 'goes-on');
    }
    await over;
  }
}
