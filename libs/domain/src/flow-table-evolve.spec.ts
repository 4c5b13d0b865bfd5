import type { FlowTableEvent, QosSessionConfigured } from './events';
import { evolveFlowTable } from './flow-table-evolve';
import { FlowTableState } from './flow-table-state';

const occurredAt = '2026-01-01T00:00:00.000Z';
const id = { source: '192.0.2.7', destination: '198.51.100.1', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const configured: QosSessionConfigured = {
  type: 'QosSessionConfigured', foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', sessionId: 's1', mobileNode: 'mn-1', homeAddress: '10.0.0.1', homeAgent: '203.0.113.1', registrationExpiresAt: null,
  flow: { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 }, style: 'FF', service: null, tspec: null, refreshPeriodMs: 0,
  state: 'live', requested: id, effective: id, temporary: null, matched: [], reclaimed: false, expiresAt: null, replaces: null, occurredAt,
};
const released: FlowTableEvent = { type: 'QosSessionReleased', sessionId: 's1', mobileNode: 'mn-1', cause: 'administrator', effective: id, temporary: null, quarantinedUntil: null, occurredAt };

describe('F15 an event that does not follow from those before it', () => {
  test.each<[string, readonly FlowTableEvent[], string]>([
    ['a release of a session that is not there', [released], 'The scope has no session s1.'],
    ['a second release', [configured, released, released], 'The scope has no session s1.'],
    ['a change of a session that is not there', [{ type: 'QosSessionModified', sessionId: 's1', refreshPeriodMs: 1000, occurredAt }], 'The scope has no session s1.'],
    ['a session that is there', [configured, configured], 'The session s1 is configured already.'],
    ['a session of another scope', [{ ...configured, careOfAddress: '198.51.100.9' }], 'The session s1 is one at 198.51.100.9.'],
  ])('%s is refused, and said', (_, events, sentence) => {
    const state = new FlowTableState('fa-1', '198.51.100.1');
    for (const event of events.slice(0, -1)) evolveFlowTable(state, event);
    expect(() => evolveFlowTable(state, events.at(-1)!)).toThrow(sentence);
  });
});
