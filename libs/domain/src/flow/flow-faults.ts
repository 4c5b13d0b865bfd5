import { parseAddress } from './address';
import { hasPorts, hasSpi, type Flow, type Style } from './flow';

/** A fault of a flow that its fields show only together. `pointer` is a JSON pointer into the command's body. */
export interface FlowFault {
  readonly pointer: string;
  readonly detail: string;
}

type FieldName = keyof Flow;

/** Which fields go together by style and protocol (interface.md §1). Every fault is told, in the order of the fields. */
export function flowFaults(flow: Flow, style: Style, careOfAddress: string): FlowFault[] {
  const faults: FlowFault[] = [];
  const fault = (field: FieldName, detail: string): void => {
    faults.push({ pointer: `/flow/${field}`, detail });
  };
  const needs = (field: FieldName, why: string): void => {
    if (flow[field] === undefined) fault(field, `is required: ${why}`);
  };
  const refuses = (field: FieldName, why: string): void => {
    if (flow[field] !== undefined) fault(field, `does not belong here: ${why}`);
  };

  if (style === 'FF') {
    needs('correspondentNode', 'an FF flow has one sender');
    refuses('senders', 'only SE lists senders');
    selectorFaults(flow, needs, refuses, fault);
  } else {
    const why = style === 'SE' ? 'SE lists its senders' : 'WF lets any sender match';
    for (const field of ['correspondentNode', 'sourcePort', 'flowLabel', 'spi'] as const) refuses(field, why);
    needs('destinationPort', `${style} names a destination port`);
    if (style === 'SE') needs('senders', why);
    else refuses('senders', why);
    if (!hasPorts(flow.protocol)) fault('protocol', `has no ports; ${style} needs one of 6, 17, 33, 132, 136`);
  }
  return [...faults, ...familyFaults(flow, careOfAddress)];
}

function selectorFaults(
  flow: Flow,
  needs: (field: FieldName, why: string) => void,
  refuses: (field: FieldName, why: string) => void,
  fault: (field: FieldName, detail: string) => void,
): void {
  if (flow.flowLabel !== undefined) {
    refuses('sourcePort', 'a flow label stands in place of the source port');
    refuses('spi', 'a flow has a flow label or an SPI, not both');
    if (flow.correspondentNode !== undefined && parseAddress(flow.correspondentNode)?.family === 4) {
      fault('flowLabel', 'IPv4 has no flow label');
    }
  } else if (flow.spi !== undefined) {
    refuses('sourcePort', 'an SPI stands in place of the source port');
    if (!hasSpi(flow.protocol)) fault('spi', `protocol ${flow.protocol} has no SPI; ESP is 50, AH is 51`);
  } else if (hasPorts(flow.protocol)) {
    needs('sourcePort', `protocol ${flow.protocol} has ports`);
    needs('destinationPort', `protocol ${flow.protocol} has ports`);
    if (flow.destinationPort === 0 && (flow.sourcePort ?? 0) !== 0) fault('sourcePort', 'must be 0 beside the destination port 0 (RFC 2205 §3.2)');
  } else {
    refuses('sourcePort', `protocol ${flow.protocol} has no ports`);
    refuses('destinationPort', `protocol ${flow.protocol} has no ports`);
    if (hasSpi(flow.protocol)) needs('spi', `protocol ${flow.protocol} is told by its SPI (RFC 2207)`);
  }
}

function familyFaults(flow: Flow, careOfAddress: string): FlowFault[] {
  const family = parseAddress(careOfAddress)?.family;
  const detail = `must be an IPv${family} address, as the care-of address is`;
  const differs = (address: string): boolean => parseAddress(address)?.family !== family;
  return [
    ...(flow.correspondentNode !== undefined && differs(flow.correspondentNode)
      ? [{ pointer: '/flow/correspondentNode', detail }]
      : []),
    ...(flow.senders ?? []).flatMap((sender, index) =>
      differs(sender.correspondentNode) ? [{ pointer: `/flow/senders/${index}/correspondentNode`, detail }] : [],
    ),
  ];
}
