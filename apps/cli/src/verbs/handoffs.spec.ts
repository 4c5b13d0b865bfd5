import { runVerb } from '../run-verb.testing';

describe('handoffs and handoff: wrong use', () => {
  it.each([
    [['handoffs', '--state', 'bogus'], 'one of started'],
    [['handoff', 'xyz'], 'a UUID'],
  ])('%j ends with exit code 2 and says what it must be', async (args, sentence) => {
    const { code, errors } = await runVerb(args);
    expect([code, errors.join(' ')]).toEqual([2, expect.stringContaining(sentence)]);
  });
});
