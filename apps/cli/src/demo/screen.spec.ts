import type { EventRow, FlowRow } from '../ledger-rows';
import { colorsFor } from '../terminal/table';
import { shownLength } from '../terminal/text';
import { type Cure, cureOf, cureText } from './cure';
import { screenLines } from './screen';
import { collisionsFirst } from './watch';

const flow = (n: number, more: Partial<FlowRow> = {}): FlowRow => ({
  sessionId: `s-${n}`,
  foreignAgent: 'fa-1',
  careOfAddress: '198.51.100.1',
  state: 'live',
  mobileNode: `mn-${n}@home.example`,
  homeAddress: `10.0.0.${n}`,
  homeAgent: '203.0.113.1',
  correspondentNode: '192.0.2.7',
  protocol: 17,
  destinationPort: 5004,
  sourcePort: 5004,
  flowLabel: null,
  spi: null,
  senders: null,
  effective: { source: '192.0.2.7', destination: '198.51.100.1', protocol: 17, sourcePort: 5004, destinationPort: 5004 },
  temporary: null,
  collidesWith: [],
  style: 'FF',
  service: 'controlled-load',
  tspec: null,
  refreshPeriodMs: 30_000,
  expiresAt: '2026-01-01T00:03:00.000Z',
  registrationExpiresAt: null,
  establishedAt: '2026-01-01T00:00:00.000Z',
  changedAt: '2026-01-01T00:00:00.000Z',
  revision: '1',
  position: '1',
  ...more,
});

const configured = (data: object): EventRow => ({
  position: '7',
  stream: 'flowTable-fa-1@198.51.100.1',
  revision: '3',
  type: 'QosSessionConfigured',
  recordedAt: '2026-01-01T00:00:14.000Z',
  data: {
    foreignAgent: 'fa-1',
    mobileNode: 'mn-17',
    requested: { source: '192.0.2.7', destination: '198.51.100.1', protocol: 17, sourcePort: 5004, destinationPort: 5004 },
    temporary: { field: 'sourcePort', value: 49153 },
    matched: [{ sessionId: 's-3', mobileNode: 'mn-3', state: 'live' }],
    occurredAt: '2026-01-01T00:00:14.000Z',
    ...data,
  },
});

describe('a cure', () => {
  it('says who came, who was there and what keeps them apart', () => {
    expect(cureText(cureOf(configured({}))!)).toBe('mn-17 asked for udp 192.0.2.7:5004 → 198.51.100.1:5004, already held by mn-3 → temporary source port 49153');
  });

  it('is told of an id in quarantine, and not of a session without a match', () => {
    expect(cureText(cureOf(configured({ matched: [{ sessionId: 's-3', mobileNode: 'mn-3', state: 'quarantined' }] }))!)).toContain('still in quarantine from mn-3');
    expect(cureOf(configured({ temporary: null, matched: [] }))).toBeNull();
    expect(cureOf(configured({ matched: [] }))).toBeNull();
  });
});

describe('the screen', () => {
  const collided = flow(9, { temporary: { field: 'sourcePort', value: 49152 }, collidesWith: ['s-1'], destinationPort: 5004 });
  const flows = collisionsFirst([flow(5, { destinationPort: 6000 }), collided, ...Array.from({ length: 40 }, (_, i) => flow(20 + i, { destinationPort: 7000 + i })), flow(1, { collidesWith: ['s-9'] })]);
  const cures: Cure[] = Array.from({ length: 30 }, () => cureOf(configured({}))!);
  const state = { url: 'http://127.0.0.1:7434', playedSeconds: 133, durationSeconds: 300, speed: 12 };
  const snapshot = { tables: [{ foreignAgent: 'fa-1', flows }, { foreignAgent: 'fa-2', flows }], cures, handoffs: [], position: '1234' };

  it('has those that collide at the top, together', () => {
    expect(flows.slice(0, 2).map(row => row.sessionId)).toEqual(['s-1', 's-9']);
  });

  it.each([[80, 24], [100, 30], [120, 40], [200, 60], [60, 12]])('fits a terminal of %d by %d', (width, rows) => {
    const lines = screenLines(snapshot, state, width, rows, colorsFor(false, {}));
    expect(lines.length).toBeLessThanOrEqual(rows);
    if (width >= 80) for (const line of lines) expect(shownLength(line)).toBeLessThanOrEqual(width);
    if (width >= 80) expect(lines[0]).toContain('02:13');
  });

  it('shows both agents, the temporary id and who wanted the same', () => {
    const text = screenLines(snapshot, state, 120, 40, colorsFor(false, {})).join('\n');
    expect(text).toContain('Foreign agent fa-2');
    expect(text).toMatch(/mn-9@home\.example +192\.0\.2\.7 +udp +5004 → 5004 +src port 49152 +mn-1@home\.example +live/);
    expect(text).toMatch(/… and \d+ more/);
  });
});
