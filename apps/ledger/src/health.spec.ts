import type pg from 'pg';
import { MemoryEventStore } from '#event-store';
import type { ProjectionRunner } from '#projections';
import { Health } from './health';

const queries = { query: () => Promise.resolve({ rows: [] }) } as unknown as pg.Pool;

describe('Health', () => {
  it.each([
    [[['sessions', 's-1'], ['visitors', 's-1'], ['sessions', 's-2']], '2 streams are parked; the log says why.'],
    [[['sessions', 's-1'], ['visitors', 's-1']], '1 stream is parked; the log says why.'],
    [[], undefined],
  ])('counts a stream once, however many projections parked it: %j', async (pairs, detail) => {
    const parked = pairs.map(([projection, stream]) => ({ projection, stream }));
    const health = new Health(new MemoryEventStore(), queries, { state: 'running', position: 0n, changed: null, parked } as unknown as ProjectionRunner);
    expect((await health.check()).projection.detail).toBe(detail);
  });
});
