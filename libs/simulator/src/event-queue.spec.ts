import fc from 'fast-check';
import { EventQueue } from './event-queue';

const seed = Number(process.env['FC_SEED'] ?? 128);

it('events come earliest first, and those of one moment in the order in which they were planned', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.integer({ min: 1, max: 5 }), (times, every) => {
      const queue = new EventQueue();
      const taken: { time: number; order: number }[] = [];
      const take = (): void => void queue.takeEarliest()?.action();
      times.forEach((time, order) => {
        // Taken in between as well, at times that have not passed yet, as a simulation does.
        queue.add(time + 10 * Math.floor(order / every), () => taken.push({ time: time + 10 * Math.floor(order / every), order }));
        if (order % every === every - 1) while (queue.size > 0) take();
      });
      while (queue.size > 0) take();
      const sorted = [...taken].sort((a, b) => a.time - b.time || a.order - b.order);
      expect(taken).toEqual(sorted);
      expect(taken).toHaveLength(times.length);
    }),
    { seed },
  );
});

it('an empty queue gives nothing', () => {
  expect(new EventQueue().takeEarliest()).toBeUndefined();
});
