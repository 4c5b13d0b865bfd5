import fc from 'fast-check';
import type { Statement, Write } from './projection';
import { WritePlan } from './write-plan';

const statements: readonly Statement[] = ['a', 'b', 'merging'].map((name) => ({ name, sql: '', merges: name === 'merging' }));

const writes = fc.array(
  fc.record({ statement: fc.constantFrom(...statements), keys: fc.uniqueArray(fc.constantFrom('k1', 'k2', 'k3', 'k4'), { maxLength: 3 }) }),
  { maxLength: 40 },
);

describe('WritePlan', () => {
  it('keeps the order of every key, and rows of one key apart unless the statement merges', () => {
    fc.assert(
      fc.property(writes, (list) => {
        const plan = new WritePlan();
        plan.add(list.map((write, index): Write => ({ ...write, row: { index } })));
        const planned = plan.statements;
        expect(planned.flatMap(({ rows }) => rows.map(({ index }) => index)).toSorted((x, y) => Number(x) - Number(y))).toEqual(list.map((_, index) => index));
        for (const key of ['k1', 'k2', 'k3', 'k4']) {
          const has = (index: unknown): boolean => list[index as number]!.keys.some((each) => each === key);
          const ofKey = planned.map(({ statement, rows }) => ({ statement, rows: rows.filter(({ index }) => has(index)) }));
          const order = ofKey.flatMap(({ rows }) => rows.map(({ index }) => index as number));
          expect(order).toEqual(order.toSorted((x, y) => x - y));
          for (const { statement, rows } of ofKey) if (!statement.merges) expect(rows.length).toBeLessThanOrEqual(1);
        }
      }),
      { verbose: 1 },
    );
  });

  it('puts what has no key in common into one execution', () => {
    const plan = new WritePlan();
    const [statement] = statements;
    plan.add(Array.from({ length: 500 }, (_, index) => ({ statement: statement!, keys: [`k${index}`], row: { index } })));
    expect(plan.statements.map(({ rows }) => rows.length)).toEqual([500]);
  });
});
