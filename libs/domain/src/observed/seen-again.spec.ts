import type { ObservePath, ObserveReservation } from '../commands/flow-table-commands';
import { at, cn, ff, given, path, pathTear, resv, resvTear, se, tick } from '../proof/flow-table.testing';

const again = { again: true } as const;
/** L = 5.25 s. */
const short = { refreshPeriodMs: 1_000 };
const pathAgain = (terms: Partial<ObservePath> = {}): ObservePath => path('x', null, ff(), { ...short, ...again, ...terms });
const resvAgain = (terms: Partial<ObserveReservation> = {}): ObserveReservation => resv('x', null, ff(), { ...short, ...again, ...terms });

describe('what is seen again within a second refreshes what stands, and makes nothing', () => {
  test('a path stands L after it was seen last', () => {
    const seen = given().when(0, path('s1', null, ff(), short)).when(0.9, pathAgain()).thenNothingAppended();
    seen.when(3, path('x', null, ff(), short)).when(6, pathAgain()).when(11.2, tick).thenHeld('s1 path-only').when(14, tick).thenHeld();
  });
  test('without it, it may end L after the one before', () => {
    given().when(0, path('s1', null, ff(), short)).when(7.8, tick).thenHeld('s1 path-only').when(7.9, tick).thenHeld();
  });
  test('a reservation, and that of each next hop by itself', () => {
    const from = (nextHop: string) => ({ ...short, nextHop, node: '198.51.100.1' });
    const both = given().when(0, path('s1', null, ff())).when(0, resv('x', null, ff(), from('10.0.0.1'))).when(0, resv('x', null, ff(), from('10.0.0.2')));
    both.when(3, resv('x', null, ff(), from('10.0.0.1'))).when(3, resv('x', null, ff(), from('10.0.0.2')))
      .when(3.9, resvAgain(from('10.0.0.1'))).when(6.9, resvAgain(from('10.0.0.1'))).when(12.1, tick).thenHeld('s1');
    expect(both.state.parts.requests('s1').map(({ nextHop }) => nextHop)).toEqual(['10.0.0.1']);
  });
  test('the path of one sender under a list', () => {
    given().when(0, path('s1', null, ff(), short)).when(0, resv('s2', null, se([cn, 5000]), short)).thenHeld('s2')
      .when(3, path('x', null, ff(), short)).when(6, pathAgain()).when(6, resv('x', null, se([cn, 5000]), { ...short, ...again }))
      .when(11.2, tick).thenHeld('s2');
  });
  test('so is that of a sender told by its flow label', () => {
    const label = { correspondentNode: cn, protocol: 17, destinationPort: 5004, flowLabel: 7 };
    const list = { protocol: 17, destinationPort: 5004, senders: [{ correspondentNode: cn, flowLabel: 7 }] };
    const seen = given().when(0, path('s1', null, label, short)).when(0, resv('s2', null, list, { style: 'SE', ...short })).thenHeld('s2')
      .when(3, path('x', null, label, short)).when(6, path('x', null, label, { ...short, ...again })).when(6, resv('x', null, list, { style: 'SE', ...short, ...again }));
    seen.when(11.2, tick).thenHeld('s2');
  });
  test('behind its tear, or where nothing is known, none', () => {
    given().when(0, pathAgain()).thenNothingAppended().when(0, resvAgain()).thenNothingAppended();
    given().when(0, path('s1', null, ff())).when(0.1, pathTear(null, ff())).thenHeld().when(0.2, pathAgain()).thenNothingAppended();
    given().when(0, path('s1', null, ff())).when(0, resv('x', null, ff())).when(0.1, resvTear(null, ff())).when(0.2, resvAgain()).thenNothingAppended()
      .thenHeld('s1 path-only');
  });
  test('late, it is not even kept', () => {
    given().when(0, path('s1', null, ff())).when(5, pathTear(null, ff())).when(5, pathAgain({ observedAt: at(4) })).thenNothingAppended();
  });
  test('another R or tspec in it changes nothing', () => {
    given().when(0, path('s1', null, ff())).when(0.5, pathAgain({ refreshPeriodMs: 500, tspec: { r: 1, b: 1, p: 1, m: 1, M: 1 } })).thenNothingAppended();
  });
});
