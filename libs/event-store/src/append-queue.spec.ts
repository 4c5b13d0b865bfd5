import { setTimeout as pause } from 'node:timers/promises';
import { AppendQueue, type Append, type Verdict } from './append-queue';
import { newEvents } from './contract-ledger.testing';
import { EventStoreUnavailable, OutcomeUnknown } from './event-store';

const append = (stream: string, count = 1, data = '{}'): Append => ({ stream, expected: 'no-stream', events: newEvents(count, { data }) });
const appended: Verdict = { outcome: 'appended', revision: 0n, position: 1n };

/** A queue whose batches are noted and answered when `answer` is called. */
function heldQueue(maximumWaiting = 100) {
  const batches: string[][] = [];
  const held: { batch: readonly Append[]; resolve: (verdicts: Verdict[]) => void; reject: (error: Error) => void }[] = [];
  const send = (batch: readonly Append[]): Promise<readonly Verdict[]> => {
    batches.push(batch.map(({ stream }) => stream));
    return new Promise((resolve, reject) => held.push({ batch, resolve, reject }));
  };
  const queue = new AppendQueue(send, { appends: 3, events: 10, length: 1_000 }, maximumWaiting);
  const answer = async (): Promise<void> => {
    const { batch, resolve } = held.shift()!;
    resolve(batch.map(() => appended));
    await pause(5);
  };
  return { queue, batches, held, answer };
}

describe('AppendQueue', () => {
  it('collects what comes while a batch is under way, in order, at most as many appends as a batch takes', async () => {
    const { queue, batches, answer } = heldQueue();
    const first = queue.add(append('a'));
    await pause(5);
    const others = ['b', 'c', 'd', 'e'].map((stream) => queue.add(append(stream)));
    await answer();
    await answer();
    await answer();
    await Promise.all([first, ...others]);
    expect(batches).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
  });

  it('bounds a batch by events and by length, and lets a larger append go alone', async () => {
    const { queue, batches, answer } = heldQueue();
    const sent = [append('a', 6), append('b', 5), append('c', 40), append('d', 1, `"${'x'.repeat(900)}"`), append('e', 1, `"${'x'.repeat(900)}"`), append('f')].map((one) => queue.add(one));
    await pause(5);
    for (let batch = 0; batch < 5; batch += 1) await answer();
    await Promise.all(sent);
    expect(batches).toEqual([['a'], ['b'], ['c'], ['d'], ['e', 'f']]);
  });

  it('gives each append its own verdict', async () => {
    const { queue, held } = heldQueue();
    const sent = [queue.add(append('a')), queue.add(append('b'))];
    await pause(5);
    held[0]!.resolve([{ outcome: 'wrong-expected-revision', actual: 4n }, new EventStoreUnavailable('b alone')]);
    expect(await sent[0]).toEqual({ outcome: 'wrong-expected-revision', actual: 4n });
    await expect(sent[1]).rejects.toThrow('b alone');
  });

  it('F8 fails a lost batch as it was lost, refuses what waits behind it unsent, and goes on', async () => {
    const { queue, batches, held, answer } = heldQueue();
    const lost = queue.add(append('a')).catch((error: Error) => error);
    await pause(5);
    const behind = queue.add(append('b')).catch((error: Error) => error);
    held.shift()!.reject(new OutcomeUnknown('no answer'));
    expect(await lost).toBeInstanceOf(OutcomeUnknown);
    expect(await behind).toBeInstanceOf(EventStoreUnavailable);
    const next = queue.add(append('c'));
    await pause(5);
    await answer();
    expect(await next).toEqual(appended);
    expect(batches).toEqual([['a'], ['c']]);
  });

  it('refuses what would make the queue too long, and settles', async () => {
    const { queue, answer } = heldQueue(2);
    const sent = [queue.add(append('a')), queue.add(append('b'))];
    await expect(queue.add(append('c'))).rejects.toThrow(EventStoreUnavailable);
    await pause(5);
    await answer();
    await Promise.all(sent);
    expect(await queue.settled()).toBeUndefined();
  });
});
