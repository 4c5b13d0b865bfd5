import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { edgeCasesOfFlows } from './edge-cases-of-flows.testing';
import { edgeCasesOfHandoffs } from './edge-cases-of-handoffs.testing';
import { edgeCasesOfRegistrations } from './edge-cases-of-registrations.testing';

const expectToHold = new Map([...edgeCasesOfFlows, ...edgeCasesOfRegistrations, ...edgeCasesOfHandoffs]);

/** The list of a test report reads like domain.md §8: its words, in its order. */
const names = [
  'same MN re-sends (refresh)',
  'same flow, new Tspec (modify)',
  'two MNs, same CN, same ports (the case of the patent)',
  'two MNs, same home address, different HAs',
  'one MN via two HAs',
  'one MN, two bindings (S bit) at two FAs',
  'one FA, two CoAs',
  "native newcomer equals another's *temporary* id",
  'A native, B temporary, A ends, C asks for the same: quarantine makes C temporary, B keeps its own',
  'A returns within quarantine and reclaims',
  'pool of 1, of 0',
  '200 concurrent configures',
  'retry after the answer was lost',
  'WF arrives where FF lives',
  'SE list overlaps in part',
  'style change in a session',
  'destination port 0 against non-zero',
  'source port 0',
  'ICMP, OSPF (no ports)',
  'ESP rekey: a new session that says which one it `replaces`; the old one is released after it; history reads as one line',
  'flow label 0, label > 20 bits',
  'RESV before PATH (error 03), RESV for an unknown sender (04)',
  'ResvTear then new RESV',
  'lost PathTear',
  'refresh exactly at the deadline',
  'refresh period changes',
  'clock skew and out-of-order capture',
  'registration refresh denied',
  'lifetime 65535, reply longer than request',
  'p = Infinity, m = 0',
  'make-before-break with the old leg orphaned',
  'ping-pong A→B→A within quarantine',
  'the new FA already has a conflicting flow',
  'deregistration relayed by another FA',
  'FA reboot against roll-over',
  'reply without a pending request',
  'two replies',
  'handoff superseded mid-way',
  'crash between any two steps of a handoff',
];

describe('edge cases (domain.md §8)', () => {
  test.each(names)('%s', (name) => expectToHold.get(name)!());
});

const chapter = path.resolve(process.cwd(), '../shared/domain.md');

/** The document is no part of the project: where it is not at hand, nothing can be compared. */
(existsSync(chapter) ? describe : describe.skip)('the list', () => {
  test('is that of domain.md §8', () => {
    const [, text] = /^## 8\..*\n([\s\S]*?)\n## 9\./m.exec(readFileSync(chapter, 'utf8'))!;
    const phrases = text!.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '').split(' · ');
    expect(names).toEqual(phrases);
  });
});
