import type { FlowId, FlowIdSender, FlowSender } from '#domain';
import type { FlowRow } from '../ledger-rows';
import type { Colors, Column } from './table';
import { protocolName } from './message-facts';
import { printable, timeOfDay } from './text';

/** What of a flow's id is not an address: `5004 → 5006`, `label 7`, `spi 0x1f`; of a list `label 7,8`. */
export function selectorText(row: Pick<FlowRow, 'sourcePort' | 'destinationPort' | 'flowLabel' | 'spi' | 'senders' | 'style'>): string {
  if (row.spi !== null) return `spi 0x${row.spi.toString(16)}`;
  if (row.flowLabel !== null) return `label ${row.flowLabel}`;
  const told = (one: (sender: FlowSender) => string | number | undefined): string => [...new Set((row.senders ?? []).flatMap(sender => one(sender) ?? []))].join(',');
  const [labels, spis, ports] = [told(s => s.flowLabel), told(s => s.spi && `0x${s.spi.toString(16)}`), told(s => s.sourcePort)];
  const kinds = [...(labels ? [`label ${labels}`] : []), ...(spis ? [`spi ${spis}`] : [])];
  if (row.destinationPort === null || (kinds.length > 0 && ports === '')) return kinds.join(' ');
  return [...kinds, `${row.sourcePort ?? (ports || '*')} → ${row.destinationPort}`].join(' ');
}

const fieldNames = { sourcePort: 'source port', destinationPort: 'destination port', flowLabel: 'flow label', greKey: 'GRE key' } as const;

const briefFieldNames = { sourcePort: 'src port', destinationPort: 'dst port', flowLabel: 'label', greKey: 'GRE key' } as const;

export function temporaryText(temporary: FlowRow['temporary'], brief = false): string {
  return temporary === null ? 'native' : `${(brief ? briefFieldNames : fieldNames)[temporary.field]} ${temporary.value}`;
}

/** The id in the words of whoever reads a router: `udp 192.0.2.7:5004 → 198.51.100.1:5004`. */
export function flowIdText(id: FlowId): string {
  const protocol = 'protocol' in id ? `${protocolName(id.protocol)} ` : '';
  const to = 'destinationPort' in id ? `${bracketed(id.destination)}:${id.destinationPort}` : id.destination;
  if ('senders' in id) return `${protocol}${id.senders.map(senderText).join(', ')} → ${to}`;
  const source = 'source' in id && id.source !== undefined ? id.source : 'any';
  if ('sourcePort' in id) return `${protocol}${bracketed(source)}:${id.sourcePort} → ${to}`;
  const selector = 'flowLabel' in id ? ` label ${id.flowLabel}` : 'spi' in id ? ` spi 0x${id.spi.toString(16)}` : 'greKey' in id ? ` key ${id.greKey}` : '';
  return `${protocol}${source} → ${to}${selector}`;
}

function senderText({ source, sourcePort, flowLabel, spi }: FlowIdSender): string {
  if (flowLabel !== undefined) return `${source} label ${flowLabel}`;
  if (spi !== undefined) return `${source} spi 0x${spi.toString(16)}`;
  return sourcePort === undefined ? source : `${bracketed(source)}:${sourcePort}`;
}

/** The same without the care-of address, where the agent is told beside it: `udp 192.0.2.7:5004 → 5004`. */
export function briefFlowIdText(id: FlowId): string {
  const bracket = bracketed(id.destination);
  return flowIdText(id).replace('destinationPort' in id ? `→ ${bracket}:` : ` → ${id.destination}`, 'destinationPort' in id ? '→ ' : '');
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/**
 * The part of a flow table that fits a terminal: who, with whom, by which id, and who else wanted it. `brief`: of several
 * correspondents or colliding nodes the first, and how many more.
 */
export function flowColumns(rows: readonly FlowRow[], colors: Colors, brief: boolean): readonly Column<FlowRow>[] {
  const owner = new Map(rows.map(row => [row.sessionId, row.mobileNode]));
  const list = (names: readonly string[]): string => printable(brief && names.length > 1 ? `${names[0]} +${names.length - 1}` : names.join(', '));
  const correspondents = (row: FlowRow): string =>
    list(row.correspondentNode ? [row.correspondentNode] : [...new Set((row.senders ?? []).map(sender => sender.correspondentNode))]);
  const collides = (row: FlowRow): string => list([...new Set((row.collidesWith ?? []).map(id => owner.get(id) ?? id.slice(0, 8)))]);
  return [
    { title: 'MOBILE NODE', text: row => printable(row.mobileNode ?? '(unknown)'), least: 8 },
    { title: 'CORRESPONDENT', text: row => correspondents(row) || '*', least: 9 },
    { title: 'PROTO', text: row => protocolName(row.protocol) },
    { title: 'PORTS', text: row => selectorText(row), least: 11 },
    { title: 'FLOW ID', text: row => (row.effective === null ? 'none' : temporaryText(row.temporary, brief)), paint: (cell, row) => (row.temporary ? colors.yellow(cell) : cell) },
    { title: 'COLLIDES WITH', text: collides, least: 8, paint: colors.dim },
    { title: 'STATE', text: row => row.state, paint: (cell, row) => (row.state === 'live' ? colors.green(cell) : row.state === 'degraded' ? colors.red(cell) : colors.dim(cell)) },
    { title: 'UNTIL', text: row => timeOfDay(row.expiresAt ?? row.registrationExpiresAt), dispensable: true, paint: colors.dim },
  ];
}
