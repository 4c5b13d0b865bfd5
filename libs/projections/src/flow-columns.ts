import type { Flow, TemporaryFlowId } from '#domain';
import type { SqlRow, SqlValue } from './projection';

/** The columns of a flow, as it was asked for. */
export const flowColumns = {
  correspondent_node: 'text',
  protocol: 'integer',
  destination_port: 'integer',
  source_port: 'integer',
  flow_label: 'integer',
  spi: 'bigint',
  senders: 'json',
} as const;

export function flowRow(flow: Flow): Record<keyof typeof flowColumns, SqlValue> {
  return {
    correspondent_node: flow.correspondentNode ?? null,
    protocol: flow.protocol,
    destination_port: flow.destinationPort ?? null,
    source_port: flow.sourcePort ?? null,
    flow_label: flow.flowLabel ?? null,
    spi: flow.spi ?? null,
    senders: flow.senders ?? null,
  };
}

export const temporaryColumns = { temporary_field: 'text', temporary_value: 'bigint' } as const;

export function temporaryRow(temporary: TemporaryFlowId | null): SqlRow {
  return { temporary_field: temporary?.field ?? null, temporary_value: temporary?.value ?? null };
}
