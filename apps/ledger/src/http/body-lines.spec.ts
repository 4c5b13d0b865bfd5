import { PassThrough } from 'node:stream';
import { bodyLineRuns, LinesPaused } from './body-lines';

describe('the lines of a body', () => {
  afterEach(() => void jest.useRealTimers());

  it.each([
    ['half a third line', 'one\ntwo\nthr', 3],
    ['two lines, one of them empty', 'one\n\n', 3],
    ['nothing', '', 1],
  ])('F29 given %s and then silence, names the line that did not arrive', async (_, text, line) => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const body = new PassThrough();
    body.write(text);
    const read = (async () => {
      for await (const run of bodyLineRuns(body, 1_000)) expect(run.length).toBeGreaterThan(0);
    })().catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(20_000);
    const fault = await read;
    expect(fault).toBeInstanceOf(LinesPaused);
    expect(fault).toMatchObject({ problem: 'request-timeout', line });
    body.destroy();
  });
});
