import type {
  FlowId, FlowIdSender, FlowSender, GreKeyFlowId, LabelFlowId, Match, PortsFlowId, ProtocolFlowId, SendersFlowId, Service, SpiFlowId, Style,
  TemporaryField, TemporaryFlowId, Tspec, WildcardFlowId,
} from '#domain';
import { address, either, fields, integer, list, number, oneOf, orNull, record, string, uuid, type Shape } from './shape';

export const style: Shape<Style> = oneOf('FF', 'SE', 'WF');
export const service: Shape<Service> = oneOf('controlled-load', 'guaranteed');

/** To the bit as it was seen: what JSON has no number for is its text. */
const wireFloat = either(number, oneOf('Infinity', '-Infinity', 'NaN', '-0'));

/** RFC 2215: r and p in bytes/s; b, m and M in bytes. */
export const tspec = record<Tspec>('Tspec', { r: wireFloat, b: wireFloat, p: wireFloat, m: integer, M: integer });

export const sender = record<FlowSender>('FlowSender', { correspondentNode: address, sourcePort: integer, flowLabel: integer, spi: integer }, ['sourcePort', 'flowLabel', 'spi']);

const source = address;
const destination = address;
const protocol = integer;

const idSender = fields<FlowIdSender>({ source, sourcePort: integer, flowLabel: integer, spi: integer }, ['sourcePort', 'flowLabel', 'spi']);

/** What routers see, by kind of flow; `source` is the outer source, `destination` the care-of address. */
export const flowId: Shape<FlowId> = {
  title: 'FlowId',
  ...either(
    fields<PortsFlowId>({ source, destination, protocol, sourcePort: integer, destinationPort: integer }),
    fields<SendersFlowId>({ senders: list(idSender), destination, protocol, destinationPort: integer }, ['destinationPort']),
    fields<LabelFlowId>({ source, destination, flowLabel: integer }, ['source']),
    fields<SpiFlowId>({ source, destination, protocol, spi: integer }),
    fields<GreKeyFlowId>({ source, destination, protocol: oneOf(47), greKey: integer }, ['source']),
    fields<WildcardFlowId>({ destination, protocol, destinationPort: integer }),
    fields<ProtocolFlowId>({ source, destination, protocol }),
  ),
};

export const temporaryField: Shape<TemporaryField> = oneOf('sourcePort', 'destinationPort', 'flowLabel', 'greKey');
export const temporaryFlowId = record<TemporaryFlowId>('TemporaryFlowId', { field: temporaryField, value: integer });

/** A session whose id the newcomer's overlapped. */
export const match = record<Omit<Match, 'effective'>>('Match', { sessionId: uuid, mobileNode: orNull(string), state: oneOf('live', 'quarantined') });
