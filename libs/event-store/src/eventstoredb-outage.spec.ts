import { EventStoreUnavailable } from './event-store';
import { Outage } from './eventstoredb-outage';

describe('Outage', () => {
  let now = 0;
  let outage: Outage;
  beforeEach(() => {
    now = 0;
    outage = new Outage(() => now);
  });
  /** Asks every millisecond for so long, each call failing at once. */
  const asks = (milliseconds: number): number => {
    let sent = 0;
    for (const end = now + milliseconds; now < end; now += 1) {
      try {
        outage.admit();
      } catch (error) {
        expect(error).toBeInstanceOf(EventStoreUnavailable);
        continue;
      }
      sent += 1;
      outage.failed(false);
    }
    return sent;
  };

  it('takes many failures of one moment for one: a change of the leader closes nothing', () => {
    for (let call = 0; call < 500; call += 1) outage.failed(false);
    expect(() => outage.admit()).not.toThrow();
  });

  it('asks ever more seldom, at least every two seconds', () => {
    asks(5_000);
    const sent = asks(60_000);
    expect(sent).toBeGreaterThanOrEqual(30);
    expect(sent).toBeLessThanOrEqual(61);
  });

  it('is closed by one silence, and opened by one answer', () => {
    outage.failed(true);
    expect(() => outage.admit()).toThrow(EventStoreUnavailable);
    now += 100;
    expect(() => outage.admit()).not.toThrow();
    expect(() => outage.admit()).toThrow(EventStoreUnavailable);
    outage.answered();
    expect(() => outage.admit()).not.toThrow();
    expect(() => outage.admit()).not.toThrow();
  });
});
