import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { FlowId, LedgerEvent, Match, QosSessionConfigured, QosSessionReleased, TemporaryFlowId, VisitorAdmitted } from '#domain';
import { defaultPolicy, defaultPools, eventSchemaVersions } from '#domain';
import type { AppendResult, EventStore } from '#event-store';

export * from './handoff-events.testing';

/** A UUID that is the same for the same text. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const startOfTime = Date.UTC(2026, 0, 1);
export const at = (seconds: number): string => new Date(startOfTime + seconds * 1000).toISOString();

interface RawEvent {
  readonly type: string;
  readonly data: string;
  readonly schemaVersion: number;
}

const rawEvent = ({ type, ...data }: LedgerEvent): RawEvent => ({ type, data: JSON.stringify(data), schemaVersion: eventSchemaVersions[type] });

/** Appends events to a log as the ledger does, one command an append. */
export class LogWriter {
  #commands = 0;
  readonly #revisions = new Map<string, bigint>();

  /** @param name keeps the commands of several writers apart */
  constructor(
    private readonly store: EventStore,
    private readonly name = '',
  ) {}

  async append(stream: string, ...events: readonly LedgerEvent[]): Promise<bigint> {
    return this.appendRaw(stream, events.map(rawEvent));
  }

  /** As a step of the handoff: its events say so in their metadata. */
  async appendStep(handoffId: string, stream: string, ...events: readonly LedgerEvent[]): Promise<bigint> {
    return this.appendRaw(stream, events.map(rawEvent), { handoffId });
  }

  async appendRaw(stream: string, events: readonly RawEvent[], metadata: Readonly<Record<string, string>> = {}): Promise<bigint> {
    const commandId = uuidOf(`command ${this.name} ${(this.#commands += 1)}`);
    const last = this.#revisions.get(stream) ?? -1n;
    const batchEnd = (last + BigInt(events.length)).toString();
    const result: AppendResult = await this.store.append(
      stream,
      last < 0n ? 'no-stream' : last,
      events.map(({ type, data, schemaVersion }, index) => ({
        id: uuidOf(`${commandId} ${index}`),
        type,
        data,
        metadata: JSON.stringify({
          ...{ $causationId: commandId, $correlationId: commandId, actor: 'test', batchEnd, bodyDigest: `digest of ${commandId}` },
          ...{ commandId, origin: 'commanded', schemaVersion: `${schemaVersion}` },
          ...metadata,
        }),
      })),
    );
    if (result.outcome !== 'appended') throw new Error(result.outcome);
    this.#revisions.set(stream, result.revision);
    return result.position;
  }

  /** Agent, scope and visitors, so that sessions can be configured. */
  async provision(foreignAgent: string, careOfAddress: string, mobileNodes: readonly string[]): Promise<string> {
    const stream = `flowTable-${foreignAgent}@${careOfAddress}`;
    const terms = { foreignAgent, pools: defaultPools, policy: defaultPolicy, occurredAt: at(0) };
    await this.append('foreignAgents', { type: 'ForeignAgentProvisioned', name: null, careOfAddresses: [careOfAddress], ...terms });
    await this.append(
      stream,
      { type: 'ScopeProvisioned', careOfAddress, revision: String(this.#revisions.get('foreignAgents')), ...terms },
      ...mobileNodes.map((mobileNode) => admitted(mobileNode, { expiresAt: at(3600) })),
    );
    return stream;
  }
}

export function admitted(mobileNode: string, more: Partial<VisitorAdmitted> & Pick<VisitorAdmitted, 'expiresAt'>): LedgerEvent {
  return { type: 'VisitorAdmitted', mobileNode, homeAddress: '10.0.0.1', homeAgent: '192.0.2.1', registrationRevision: '0', occurredAt: at(0), ...more };
}

export interface Configured {
  readonly scope: readonly [foreignAgent: string, careOfAddress: string];
  readonly session: string;
  readonly mobileNode?: string;
  readonly sourcePort?: number;
  readonly temporary?: TemporaryFlowId;
  readonly matched?: readonly Match[];
  readonly seconds?: number;
  readonly more?: Partial<QosSessionConfigured>;
}

/** `192.0.2.9`, UDP, to port 5004. */
export function configured({ scope, session, mobileNode = 'mn-1', sourcePort = 4000, temporary, matched = [], seconds = 1, more }: Configured): QosSessionConfigured {
  const [foreignAgent, careOfAddress] = scope;
  const requested: FlowId = { source: '192.0.2.9', destination: careOfAddress, protocol: 17, sourcePort, destinationPort: 5004 };
  return {
    type: 'QosSessionConfigured',
    sessionId: uuidOf(session),
    foreignAgent,
    careOfAddress,
    mobileNode,
    homeAddress: '10.0.0.1',
    homeAgent: '192.0.2.1',
    registrationExpiresAt: at(3600),
    flow: { correspondentNode: '192.0.2.9', protocol: 17, sourcePort, destinationPort: 5004 },
    style: 'FF',
    service: 'controlled-load',
    tspec: { r: 1000, b: 2000, p: 'Infinity', m: 64, M: 1500 },
    refreshPeriodMs: 30_000,
    state: 'live',
    requested,
    effective: temporary ? { ...requested, [temporary.field]: temporary.value } : requested,
    temporary: temporary ?? null,
    matched,
    reclaimed: false,
    expiresAt: at(seconds + 157.5),
    replaces: null,
    occurredAt: at(seconds),
    ...more,
  };
}

export function released(of: QosSessionConfigured, seconds: number, more: Partial<QosSessionReleased> = {}): QosSessionReleased {
  const { sessionId, mobileNode, effective, temporary } = of;
  return { type: 'QosSessionReleased', sessionId, mobileNode, cause: 'administrator', effective, temporary, quarantinedUntil: at(seconds + 157.5), occurredAt: at(seconds), ...more };
}

export function matchOf({ sessionId, mobileNode, effective }: QosSessionConfigured, state: Match['state'] = 'live'): Match {
  return { sessionId, mobileNode, state, effective };
}

/** Puts what a log in memory holds into the tables of the log as well: some reads look for events there. */
export async function copyLog(store: EventStore, pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ last: string }>('select coalesce(max(position), 0)::text as last from ledger.events');
  for await (const { position, revision, recordedAt, id, stream, type, data, metadata } of store.readAll({ after: BigInt(rows[0]!.last) })) {
    await pool.query('insert into ledger.events (position, revision, recorded_at, id, stream, type, data, metadata) values ($1, $2, $3, $4, $5, $6, $7, $8)', [
      position, revision, recordedAt, id, stream, type, data, JSON.stringify(metadata),
    ]);
  }
}
