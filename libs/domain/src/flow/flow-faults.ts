import { isUnicast, parseAddress } from './address';
import { hasPorts, hasSpi, type Flow, type Style } from './flow';

/** A fault of a flow that its fields show only together. `pointer` is a JSON pointer into the command's body. */
export interface FlowFault {
  readonly pointer: string;
  readonly detail: string;
}

type FieldName = keyof Flow;

/** Which fields go together by style and protocol (interface.md §1), and what no packet could have. Every fault is told, in the order of the fields. */
export function flowFaults(flow: Flow, style: Style, careOfAddress: string): FlowFault[] {
  const judged = new Judged('/flow', flow);
  if (flow.protocol === 0 && style !== 'WF') judged.fault('protocol', 'must not be 0: no packet has it (RFC 2205 A.1)');
  if (style === 'FF') {
    judged.needs('correspondentNode', 'an FF flow has one sender');
    judged.refuses('senders', 'only SE lists senders');
    selectorFaults(judged, flow);
    portFaults(judged, flow);
  } else {
    const why = style === 'SE' ? 'SE lists its senders' : 'WF lets any sender match';
    for (const field of ['correspondentNode', 'sourcePort', 'flowLabel', 'spi'] as const) judged.refuses(field, why);
    if (style === 'WF' || hasPorts(flow.protocol)) judged.needs('destinationPort', `${style} names a destination port`);
    if (style === 'SE') judged.needs('senders', why);
    else judged.refuses('senders', why);
    if (style === 'WF' && !hasPorts(flow.protocol)) judged.fault('protocol', 'has no ports; WF needs one of 6, 17, 33, 132, 136');
  }
  return [...judged.faults, ...senderFaults(flow, style), ...sourceFaults(flow, careOfAddress)];
}

/** What is found wrong with the fields at a pointer. */
class Judged {
  readonly faults: FlowFault[] = [];

  constructor(
    private readonly pointer: string,
    private readonly fields: Partial<Flow>,
  ) {}

  fault(field: FieldName, detail: string): void {
    this.faults.push({ pointer: `${this.pointer}/${field}`, detail });
  }

  needs(field: FieldName, why: string): void {
    if (this.fields[field] === undefined) this.fault(field, `is required: ${why}`);
  }

  refuses(field: FieldName, why: string): void {
    if (this.fields[field] !== undefined) this.fault(field, `does not belong here: ${why}`);
  }
}

/** What tells the flow, or one of a list's senders. */
function selectorFaults(judged: Judged, { protocol, correspondentNode, flowLabel, spi }: Flow): void {
  if (flowLabel !== undefined) {
    judged.refuses('sourcePort', 'a flow label stands in place of the source port');
    judged.refuses('spi', 'a flow has a flow label or an SPI, not both');
    if (correspondentNode !== undefined && parseAddress(correspondentNode)?.family === 4) judged.fault('flowLabel', 'IPv4 has no flow label');
  } else if (spi !== undefined) {
    judged.refuses('sourcePort', 'an SPI stands in place of the source port');
    if (!hasSpi(protocol)) judged.fault('spi', `protocol ${protocol} has no SPI; ESP is 50, AH is 51`);
  } else if (hasPorts(protocol)) {
    judged.needs('sourcePort', `protocol ${protocol} has ports`);
  } else {
    judged.refuses('sourcePort', `protocol ${protocol} has no ports`);
  }
}

function portFaults(judged: Judged, { protocol, flowLabel, spi, sourcePort = 0, destinationPort }: Flow): void {
  if (flowLabel !== undefined || spi !== undefined) return;
  if (hasPorts(protocol)) {
    judged.needs('destinationPort', `protocol ${protocol} has ports`);
    besidePortZero(judged, sourcePort, destinationPort);
  } else {
    judged.refuses('destinationPort', `protocol ${protocol} has no ports`);
    if (hasSpi(protocol)) judged.needs('spi', `protocol ${protocol} is told by its SPI (RFC 2207)`);
  }
}

function besidePortZero(judged: Judged, sourcePort: number, destinationPort: number | undefined): void {
  if (destinationPort === 0 && sourcePort !== 0) judged.fault('sourcePort', 'must be 0 beside the destination port 0 (RFC 2205 §3.2)');
}

function senderFaults({ protocol, destinationPort, senders = [] }: Flow, style: Style): FlowFault[] {
  if (style !== 'SE') return [];
  const isTold = senders.some(({ flowLabel, spi }) => flowLabel !== undefined || spi !== undefined);
  const beside = new Judged('/flow', { ...(destinationPort !== undefined && { destinationPort }) });
  if (senders.length > 0 && !hasPorts(protocol) && !isTold) beside.refuses('destinationPort', `protocol ${protocol} has no ports`);
  const ofEach = senders.flatMap((sender, index) => {
    const judged = new Judged(`/flow/senders/${index}`, sender);
    selectorFaults(judged, { protocol, ...sender });
    if (hasPorts(protocol)) besidePortZero(judged, sender.sourcePort ?? 0, destinationPort);
    if (hasSpi(protocol) && sender.flowLabel === undefined) judged.needs('spi', `protocol ${protocol} is told by its SPI (RFC 2207)`);
    return judged.faults;
  });
  return [...beside.faults, ...ofEach];
}

/** Of the care-of address's family, and one that packets come from: no group's, no broadcast, and not all zeros (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2, §2.7). */
function sourceFaults({ correspondentNode, senders = [] }: Flow, careOfAddress: string): FlowFault[] {
  const family = parseAddress(careOfAddress)?.family;
  const faultsAt = (pointer: string, address: string): FlowFault[] => {
    const source = parseAddress(address);
    if (source?.family !== family) return [{ pointer, detail: `must be an IPv${family} address, as the care-of address is` }];
    return source && !isUnicast(source.canonical) ? [{ pointer, detail: 'must be an address that packets come from: no group, no broadcast, not all zeros' }] : [];
  };
  return [
    ...(correspondentNode === undefined ? [] : faultsAt('/flow/correspondentNode', correspondentNode)),
    ...senders.flatMap((sender, index) => faultsAt(`/flow/senders/${index}/correspondentNode`, sender.correspondentNode)),
  ];
}
