import fc from 'fast-check';
import { handoffLife, liveOnNetwork } from './arbitrary-handoff-lives.testing';
import { runs } from './property-runs.testing';

/** The same lives in every run of the checks, as of the soak; with `PROPERTY_RUNS` new ones. */
const lives = process.env['PROPERTY_RUNS'] === undefined ? { ...runs, seed: 20_261_126 } : runs;

describe('handoffs against a naive model written from domain.md §6', () => {
  test('I3 I4 I5 I23 every answer, every leg with its ids, and every handoff is what the model says', () => {
    fc.assert(fc.property(handoffLife, (life) => void liveOnNetwork(life)), lives);
  });
});
