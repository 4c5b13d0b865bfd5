import fc from 'fast-check';
import { arbitraryFlow, arbitraryLife, careOfAddresses, type ScopeLife, type Step } from './arbitrary-scopes.testing';
import { fingerprint } from './fingerprint.testing';
import type { FlowTableAnswer } from '../commands/flow-table-commands';
import { admit, at, configure, provision, release } from './flow-table.testing';
import { NaiveScope } from './naive-scope.testing';
import { runs } from './property-runs.testing';
import { expectSameTable, temporaryFields as fields, toldBy } from './same-table.testing';
import type { TemporaryField } from '../flow/flow';
import { decideStep, expectSame, liveThrough, newState } from './scope-life.testing';

const flows = fc.constantFrom(4 as const, 6 as const).chain((family) =>
  arbitraryFlow(family).map((drawn) => ({ ...drawn, careOfAddress: careOfAddresses[family] })),
);

function checkAgainstModel(life: ScopeLife): void {
  const model = new NaiveScope(life.careOfAddress);
  liveThrough(life, ({ state, step, answer, events }) => {
    for (const event of events) if (event.type === 'LeasesExtended') model.extend(event.sessions, Date.parse(event.until));
    const expected = model.handle(step.command, at(step.seconds));
    expectSame(fingerprint(toldBy(answer)), fingerprint(expected));
    expectSameTable(state, model);
  });
}

describe('the rule against a naive model written from domain.md', () => {
  test('I3 I4 I5 I12 every answer, every live and quarantined id and every pool is what the model says', () => {
    fc.assert(fc.property(arbitraryLife({ maxLength: 30 }), checkAgainstModel), runs);
  });

  test('I3 I4 I5 I6 I12 and so while policy and pools change with ids out', () => {
    fc.assert(fc.property(arbitraryLife({ maxLength: 30, reprovision: true }), checkAgainstModel), runs);
  });

  test('I20 k configures of one flow id: one native, k − 1 distinct temporaries', () => {
    fc.assert(fc.property(flows, fc.integer({ min: 2, max: 12 }), ({ flow, style, careOfAddress }, k) => {
      const state = newState({ careOfAddress, steps: [] });
      const answers = Array.from({ length: k }, (_, i) => {
        decideStep(state, { seconds: 0, command: admit(`mn-${i}`, 1n) });
        return decideStep(state, { seconds: 0, command: configure(`s${i}`, `mn-${i}`, flow, { style }) }).answer;
      });
      const values = answers.map((answer) => ('temporary' in answer ? (answer.temporary?.value ?? 'native') : answer.outcome));
      expect(values[0]).toBe('native');
      expect(new Set(values).size).toBe(k);
      expect(answers.every(({ outcome }) => outcome === 'configured')).toBe(true);
    }), runs);
  });

  test('I21 exhaustion changes nothing, and ends after one release plus quarantine', () => {
    const quarantines = fc.constantFrom(null, 0, 60, 600);
    fc.assert(fc.property(flows, fc.integer({ min: 1, max: 5 }), quarantines, fc.nat(), ({ flow, style, careOfAddress }, size, quarantineSeconds, whose) => {
      const state = newState({ careOfAddress, steps: [] });
      const tell = (seconds: number, command: Step['command']): FlowTableAnswer => decideStep(state, { seconds, command }).answer;
      const range = { first: 60_000, last: 59_999 + size };
      tell(0, provision(1n, { quarantineSeconds }, Object.fromEntries(fields.map((field): [TemporaryField, typeof range] => [field, range]))));
      for (let i = 0; i <= size + 1; i++) tell(0, admit(`mn-${i}`, 1n));
      for (let i = 0; i <= size; i++) tell(0, configure(`s${i}`, `mn-${i}`, flow, { style, refreshPeriodMs: 0 }));
      const before = fingerprint(state);
      expect(toldBy(tell(0, configure('x', `mn-${size + 1}`, flow, { style })))).toEqual({ outcome: 'flow-id-pool-exhausted' });
      expect(fingerprint(state)).toBe(before);
      const released = 1 + (whose % size);
      const value = state.sessions.get(`s${released}`)!.temporary!.value;
      tell(0, release(`s${released}`));
      const length = quarantineSeconds ?? 120;
      if (length > 0) expect(tell(length - 1, configure('x', `mn-${size + 1}`, flow, { style })).outcome).toBe('refused');
      expect(tell(length, configure('x', `mn-${size + 1}`, flow, { style }))).toMatchObject({ outcome: 'configured', temporary: { value } });
    }), runs);
  });
});
