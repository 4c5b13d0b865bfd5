import { SequenceNumbers } from './sequence-numbers';

describe('SequenceNumbers: FA reboot against roll-over (RFC 5944 §2.3.2)', () => {
  const tell = (...numbers: number[]) => {
    const seen = new SequenceNumbers();
    return numbers.map((number, index) => seen.advertised('fa-1', 'eth0', number, index));
  };

  it('a lower number below 256 is a reboot; 256 or more after 65535 is a roll-over; the first tells nothing', () => {
    expect(tell(0, 1, 2)).toEqual([null, null, null]);
    expect(tell(700, 0, 1)).toEqual([null, { before: 700, now: 0 }, null]);
    expect(tell(700, 255)).toEqual([null, { before: 700, now: 255 }]);
    expect(tell(65_535, 256, 257)).toEqual([null, null, null]);
    expect(tell(3, 0)).toEqual([null, { before: 3, now: 0 }]);
    expect(tell(9, 9)).toEqual([null, null]);
  });

  it('one reboot is told once, though it shows on two links, and an older frame tells nothing', () => {
    const seen = new SequenceNumbers();
    for (const link of ['eth0', 'eth1']) seen.advertised('fa-1', link, 900, 10);
    expect(seen.advertised('fa-1', 'eth0', 1, 20)).toEqual({ before: 900, now: 1 });
    expect(seen.advertised('fa-1', 'eth1', 0, 21)).toBeNull();
    expect(seen.advertised('fa-1', 'eth0', 0, 5)).toBeNull();
  });
});
