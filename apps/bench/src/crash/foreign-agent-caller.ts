import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '#simulator';
import { HttpCaller, type Answer, type Request } from './http-caller';

export type CommandKind = 'register' | 'configure' | 'refresh' | 'release';

export interface SentCommand extends Request {
  readonly kind: CommandKind;
  readonly idempotencyKey: string;
  /** Of a release: the session that is gone once it is answered. */
  readonly sessionId?: string;
}

export interface AcknowledgedCommand {
  readonly command: SentCommand;
  readonly answer: Answer;
}

/** Callers that share a scope: their nodes ask for the same few flow ids, so that most of them collide. */
export const scopes = 8;

interface OpenSession {
  readonly sessionId: string;
  readonly body: unknown;
}

/**
 * Commands of one mobile node, one after the other, each under a key of its own. One whose answer was lost is sent again under the
 * same key, for as long as it takes.
 */
export class ForeignAgentCaller {
  /** Sent, perhaps many times, and never answered. */
  pending: SentCommand | undefined;
  /** What was answered since the list was last taken. */
  acknowledged: AcknowledgedCommand[] = [];
  private readonly http = new HttpCaller();
  private readonly sessions: OpenSession[] = [];
  private sent = 0;
  private registered = false;

  constructor(
    private readonly ledger: string,
    private readonly index: number,
    private readonly random: Random,
  ) {}

  /** Until told to stop, or until the service is gone. */
  async work(url: string, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) await this.settle(url, stopped, this.next());
  }

  /** What was under way when something died is answered in the end. */
  async settlePending(url: string, stopped: AbortSignal): Promise<void> {
    if (this.pending) await this.settle(url, stopped, this.pending);
  }

  ask(url: string, request: Request): Promise<Answer> {
    return this.http.send(url, request);
  }

  close(): void {
    this.http.close();
  }

  private async settle(url: string, stopped: AbortSignal, command: SentCommand): Promise<void> {
    this.pending = command;
    while (!stopped.aborted) {
      const answer = await this.http.send(url, command).catch(() => undefined);
      if (answer !== undefined && answer.status < 500) {
        this.pending = undefined;
        this.take(command, answer);
        return;
      }
      if (answer !== undefined && answer.status !== 503) throw new Error(`${command.kind} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      await pause(10 + 40 * this.random.fraction());
    }
  }

  private next(): SentCommand {
    if (this.pending) return this.pending;
    if (!this.registered || this.random.chance(0.03)) return this.register();
    const session = this.sessions.length > 0 ? this.random.pick(this.sessions) : undefined;
    const choice = this.random.fraction();
    if (session && (choice < 0.3 || this.sessions.length > 12)) return this.release(session);
    if (session && choice < 0.5) return this.command('refresh', 'POST', '/v1/qos-sessions', session.body);
    return this.configure();
  }

  private take(command: SentCommand, answer: Answer): void {
    this.acknowledged.push({ command, answer });
    if (command.kind === 'register') this.registered = answer.status === 201;
    if (command.kind === 'configure' && answer.body['outcome'] === 'configured') {
      this.sessions.push({ sessionId: String(answer.body['sessionId']), body: command.body });
    }
    if (command.sessionId !== undefined) {
      const index = this.sessions.findIndex(({ sessionId }) => sessionId === command.sessionId);
      if (index >= 0) this.sessions.splice(index, 1);
    }
  }

  private register(): SentCommand {
    const { foreignAgent, careOfAddress } = this.scope;
    const homeAddress = `10.1.${this.index >> 8}.${this.index & 255}`;
    const body = { foreignAgent, careOfAddress, homeAgent: '192.0.2.1', homeAddress, lifetimeSeconds: 3_600 };
    return this.command('register', 'POST', `/v1/mobile-nodes/${this.mobileNode}/registrations`, body);
  }

  /** 24 flow ids for all nodes of the scope. */
  private configure(): SentCommand {
    const { random } = this;
    const flow = { correspondentNode: '203.0.113.9', protocol: 17, destinationPort: 5000 + 2 * random.integer(0, 5), sourcePort: 4000 + random.integer(0, 3) };
    const tspec = { r: 1000 * random.integer(1, 9), b: 3000, p: 'Infinity', m: 64, M: 1500 };
    return this.command('configure', 'POST', '/v1/qos-sessions', { ...this.scope, mobileNode: this.mobileNode, flow, tspec, service: 'controlled-load' });
  }

  private release({ sessionId }: OpenSession): SentCommand {
    const path = `/v1/qos-sessions/${sessionId}?mobileNode=${this.mobileNode}&cause=path-tear`;
    return { ...this.command('release', 'DELETE', path), sessionId };
  }

  private command(kind: CommandKind, method: Request['method'], path: string, body?: unknown): SentCommand {
    this.sent += 1;
    return { kind, method, path, idempotencyKey: `${this.ledger}-${this.index}-${this.sent}`, ...(body === undefined ? {} : { body }) };
  }

  private get mobileNode(): string {
    return `mn-${this.index}@example.net`;
  }

  private get scope(): { readonly foreignAgent: string; readonly careOfAddress: string } {
    const scope = this.index % scopes;
    return { foreignAgent: `fa-${scope}`, careOfAddress: `198.51.100.${scope + 1}` };
  }
}
