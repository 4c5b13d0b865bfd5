import fc from 'fast-check';
import { handoffLife, liveOnNetwork } from './arbitrary-handoff-lives.testing';
import { runs } from './property-runs.testing';

describe('handoffs against a naive model written from domain.md §6', () => {
  test('I3 I4 I5 I23 every answer, every leg with its ids, and every handoff is what the model says', () => {
    fc.assert(fc.property(handoffLife, (life) => void liveOnNetwork(life)), runs);
  });
});
