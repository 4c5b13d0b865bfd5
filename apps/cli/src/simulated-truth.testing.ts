/**
 * What a ledger may and must show of a simulated network, from what the network says it did. Written from the RFCs and not from
 * the deciders: a list of sessions and bindings, looked through one by one.
 */
import { overlaps, type FlowId } from '#domain';
import type { SessionTruth, StayTruth, Truth } from '#simulator';

/** What tells a flow, in the columns of the views `flow_table` and `sessions`. */
export interface FlowRow {
  readonly care_of_address: string;
  readonly mobile_node: string | null;
  readonly correspondent_node: string | null;
  readonly protocol: number;
  readonly destination_port: number | null;
  readonly source_port: number | null;
  readonly flow_label: number | null;
  readonly spi: string | null;
  readonly style: string | null;
}

export interface FlowTableRow extends FlowRow {
  readonly foreign_agent: string;
  readonly state: 'live' | 'path-only' | 'orphaned' | 'degraded';
  readonly effective: FlowId | null;
  readonly temporary_field: string | null;
  readonly temporary_value: string | null;
}

/** K = 3, R = 30 s (RFC 2205 §3.7): soft state stands for L at least and, with leases that are not extended at each refresh, for 1.5 L at most. */
const leastMs = 157_500;
const mostMs = 1.5 * leastMs;
/** Times of the truth are cut to milliseconds, and a frame is seen a moment after it was sent. */
export const slackMs = 50;

export class NetworkTruth {
  readonly sessions: readonly SessionTruth[];
  private readonly stays = new Map<string, StayTruth[]>();

  constructor(
    private readonly truths: readonly Truth[],
    /** Of the last frame: what the flow tables are compared at. */
    private readonly endMs: number,
  ) {
    this.sessions = truths.filter((truth): truth is SessionTruth => truth.record === 'session');
    for (const truth of truths) {
      if (truth.record === 'stay') this.stays.set(truth.mobileNode, [...(this.stays.get(truth.mobileNode) ?? []), truth]);
    }
  }

  /** A line for each thing that the rows show and the network did not do, or the other way round. */
  faultsOf(rows: readonly FlowTableRow[]): string[] {
    const unexplained = rows.filter((row) => !this.explains(row)).map((row) => `no such flow in the network: ${rowText(row)}`);
    const missing = this.sessions.filter((session) => this.mustStand(session)).flatMap((session) => this.missingOf(session, rows));
    return [...unexplained, ...missing, ...overlapsOf(rows)];
  }

  /** How many flows the network surely has now: a comparison with none proves nothing. */
  get standing(): number {
    return this.sessions.filter((session) => this.mustStand(session)).length;
  }

  /** Whose flow id nobody else ever had where it stands has it natively, unless its home agent chose another. */
  needlesslyTemporary(rows: readonly FlowTableRow[]): string[] {
    return rows.filter(({ temporary_field: field, state }) => field !== null && state !== 'orphaned').flatMap((row) => {
      const own = this.sessions.filter((session) => isOf(session, row));
      const wasThere = ({ mobileNode }: SessionTruth): boolean =>
        mobileNode !== row.mobile_node && this.staysAt(mobileNode ?? '', row.care_of_address).length > 0;
      const isLike = (other: SessionTruth): boolean => own.some((session) => cannotBeTold(session, other));
      const isChosen = own.some(({ legs }) => legs.some(({ tunnel }) => tunnel !== null));
      return isChosen || this.sessions.some((other) => wasThere(other) && isLike(other)) ? [] : [`temporary without a match: ${rowText(row)}`];
    });
  }

  /**
   * An id that the home agent chose is the one that the flow table shows, and the tunnel is no flow of its own. A leg of a handoff has
   * its id before the network tells its own, and keeps it (I8).
   */
  otherThanChosen(rows: readonly FlowTableRow[]): string[] {
    const own = rows.filter(({ destination_port: port }) => port === 363).map((row) => `a tunnel as a flow: ${rowText(row)}`);
    const standing = this.sessions.filter((session) => session.legs.length === 1 && this.mustStand(session));
    return own.concat(standing.flatMap((session) => {
      const { tunnel, careOfAddress } = session.legs.at(-1)!;
      const row = rows.find((one) => one.care_of_address === careOfAddress && isOf(session, one));
      const isShown = tunnel === null || (row?.temporary_field === 'sourcePort' && Number(row.temporary_value) === tunnel.sourcePort);
      return isShown ? [] : [`the home agent chose ${JSON.stringify(tunnel)}: ${row ? rowText(row) : 'no row'}`];
    }));
  }

  private explains(row: FlowTableRow): boolean {
    const candidates = this.sessions.filter((session) => isOf(session, row));
    if (row.mobile_node === null) return candidates.length > 0 || this.isTunnel(row);
    if (row.state === 'orphaned') return candidates.length > 0 && this.hasLeftBehind(row.mobile_node, row.care_of_address);
    return this.isBound(row.mobile_node, row.care_of_address) && candidates.some((session) => this.mayStand(session));
  }

  /** The session of a tunnel, where it is shown as a flow of its own. */
  private isTunnel(row: FlowTableRow): boolean {
    return this.sessions.some(({ legs }) => legs.some(({ careOfAddress, tunnel }) =>
      careOfAddress === row.care_of_address && row.destination_port === 363 && tunnel?.sourcePort === row.source_port));
  }

  private missingOf(session: SessionTruth, rows: readonly FlowTableRow[]): string[] {
    const { careOfAddress, reservedFrom, reservationRefreshedAt, reservedTo } = session.legs.at(-1)!;
    const own = rows.filter((row) => row.care_of_address === careOfAddress && isOf(session, row) && row.state !== 'orphaned');
    const text = `${session.mobileNode ?? 'nobody'} ${JSON.stringify(session.legs.at(-1))} ${session.style} ${JSON.stringify(session.senders)}`;
    if (own.length === 0) return [`not in the flow table: ${text}`];
    const isReserved = reservedFrom !== null && reservedTo === null && Date.parse(reservedFrom) < this.endMs - slackMs;
    const isRefreshed = Date.parse(reservationRefreshedAt ?? '') + leastMs > this.endMs + slackMs;
    return isReserved && isRefreshed && !own.some(({ state }) => state === 'live') ? [`reserved for, and not live: ${text}`] : [];
  }

  /** Refreshed lately, not torn down, and the binding of the last leg stands. */
  private mustStand(session: SessionTruth): boolean {
    const { mobileNode, legs, end } = session;
    const { careOfAddress, refreshedAt } = legs.at(-1)!;
    // The same flow may come again after a silence: its PathTear ends whichever of them stands.
    const isTornAsAnother = this.sessions.some((other) => other.tornAt !== null && other.tornAt >= refreshedAt && isSameFlow(other, session));
    if (end === 'path-tear' || isTornAsAnother || Date.parse(refreshedAt) + leastMs <= this.endMs + slackMs) return false;
    const forgotten = this.truths.some((truth) => truth.record === 'reboot' && truth.careOfAddress === careOfAddress && truth.at >= refreshedAt);
    if (mobileNode === null || forgotten) return !forgotten;
    const stay = this.staysAt(mobileNode, careOfAddress).find(({ to, expiresAt }) => to === null && Date.parse(expiresAt) > this.endMs + slackMs);
    return stay !== undefined && Date.parse(stay.from) <= Date.parse(refreshedAt) + slackMs;
  }

  /** Not torn down; each handoff hands the session on with a lease of its own. */
  private mayStand({ mobileNode, style, legs, tornAt }: SessionTruth): boolean {
    const last = legs.at(-1)!;
    // The tear of a sender ends no reservation for whoever sends: that one runs out.
    if (tornAt !== null && style !== 'WF') return Date.parse(tornAt) >= this.endMs - slackMs;
    let until = Date.parse(last.refreshedAt) + mostMs;
    const moves = (this.stays.get(mobileNode ?? '') ?? []).map(({ from }) => Date.parse(from)).sort((a, b) => a - b);
    for (const at of moves) if (at >= Date.parse(legs[0]!.from) && at <= until + slackMs) until = Math.max(until, at + mostMs);
    return until >= this.endMs - slackMs;
  }

  private isBound(mobileNode: string, careOfAddress: string): boolean {
    return this.staysAt(mobileNode, careOfAddress).some((stay) => this.stands(stay));
  }

  /** The old agent has not heard that the node is gone, and its visitor entry has not run out. */
  private hasLeftBehind(mobileNode: string, careOfAddress: string): boolean {
    return this.staysAt(mobileNode, careOfAddress).some(({ end, expiresAt }) => end === 'handoff' && Date.parse(expiresAt) >= this.endMs - slackMs);
  }

  private staysAt(mobileNode: string, careOfAddress: string): StayTruth[] {
    return (this.stays.get(mobileNode) ?? []).filter((stay) => stay.careOfAddress === careOfAddress);
  }

  private stands({ from, to, expiresAt }: StayTruth): boolean {
    const isOver = to !== null && Date.parse(to) < this.endMs - slackMs;
    return Date.parse(from) <= this.endMs + slackMs && !isOver && Date.parse(expiresAt) >= this.endMs - slackMs;
  }
}

/** I1: no two flows of a scope that hold an id have ids that routers cannot tell apart. */
export function overlapsOf(rows: readonly FlowTableRow[]): string[] {
  const holding = rows.filter(({ effective, state }) => effective !== null && state !== 'degraded');
  return holding.flatMap((a, index) =>
    holding.slice(index + 1)
      .filter((b) => a.foreign_agent === b.foreign_agent && a.care_of_address === b.care_of_address && overlaps(a.effective!, b.effective!))
      .map((b) => `overlap: ${rowText(a)} and ${rowText(b)}`),
  );
}

/** Whether the row is about a flow of this session. */
export function isOf(session: SessionTruth, row: FlowRow): boolean {
  if (session.mobileNode !== row.mobile_node || session.protocol !== row.protocol) return false;
  if (session.mobileNode === null && session.destination !== row.care_of_address) return false;
  const isSamePort = row.spi !== null || row.flow_label !== null || session.destinationPort === row.destination_port;
  // While only path state is known, the senders of a group are flows of their own.
  if (row.correspondent_node === null || (row.style === null && session.style !== 'FF')) return isSamePort && (row.style === null || row.style === session.style);
  return isSamePort && session.senders.some((sender) => sender.source === row.correspondent_node && selectorText(sender) === selectorText({
    sourcePort: row.source_port, flowLabel: row.flow_label, spi: row.spi === null ? null : Number(row.spi),
  }));
}

function isSameFlow(a: SessionTruth, b: SessionTruth): boolean {
  const textOf = ({ mobileNode, style, protocol, destinationPort, senders }: SessionTruth): string =>
    JSON.stringify([mobileNode, style, protocol, destinationPort, style === 'FF' ? senders : null]);
  return textOf(a) === textOf(b);
}

function cannotBeTold(a: SessionTruth, b: SessionTruth): boolean {
  if (a.protocol !== b.protocol || a.destinationPort !== b.destinationPort) return false;
  const isSame = a.senders.some((x) => b.senders.some((y) => x.source === y.source && selectorText(x) === selectorText(y)));
  return a.style === 'WF' || b.style === 'WF' || isSame || (a.style === 'SE' && b.style === 'SE');
}

function selectorText({ sourcePort, flowLabel, spi }: { sourcePort: number | null; flowLabel: number | null; spi: number | null }): string {
  return spi !== null ? `spi ${spi}` : flowLabel !== null ? `label ${flowLabel}` : `port ${sourcePort}`;
}

export function rowText(row: FlowTableRow): string {
  return `${row.care_of_address} ${row.mobile_node ?? 'nobody'} ${row.state} ${JSON.stringify(row.effective)}`;
}
