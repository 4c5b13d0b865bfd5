import type { DecodedMessage } from '#signalling';
import { NodesOnLinks } from './nodes-on-links';
import { ObserverMemory } from './observer-memory';

const hardware = { agent: Uint8Array.of(2, 0, 0, 0, 0, 1), first: Uint8Array.of(2, 0, 0, 0, 0, 2), second: Uint8Array.of(2, 0, 0, 0, 0, 3) };
const router = Uint8Array.of(2, 0, 0, 0, 0, 9);

function seen(fields: Pick<DecodedMessage, 'link'> & Partial<DecodedMessage>): DecodedMessage {
  const message = { kind: 'agent-solicitation', code: 0 } as const;
  return {
    frame: 1, timeNs: 0n, timeDigits: 9, source: '10.0.0.1', destination: '198.51.100.129', sourcePort: null, destinationPort: null,
    tunnels: [], protocol: 'mobile-ip', message, identity: new Uint8Array(0), violations: [], ...fields,
  };
}

it('tells two nodes with one home address apart by the hardware address that their requests came from', () => {
  const links = new NodesOnLinks();
  links.learn(seen({ link: { source: hardware.first, destination: hardware.agent } }), 'mn-1', '10.0.0.1');
  links.learn(seen({ link: { source: hardware.second, destination: hardware.agent } }), 'mn-2', '10.0.0.1');
  expect(links.nodeOf(seen({ link: { source: hardware.second, destination: hardware.agent } }))).toBe('mn-2');
  expect(links.nodeOf(seen({ link: { source: hardware.agent, destination: hardware.first } }))).toBe('mn-1');
});

it('knows nobody behind a router, or on a link without hardware addresses', () => {
  const links = new NodesOnLinks();
  const relayed = seen({ source: '198.51.100.1', link: { source: hardware.agent, destination: router } });
  links.learn(relayed, 'mn-1', '10.0.0.1');
  links.learn(seen({ link: null }), 'mn-1', '10.0.0.1');
  expect(links.nodeOf(relayed)).toBeUndefined();
  expect(links.nodeOf(seen({ link: null }))).toBeUndefined();
});

it('passes on to the next file of a capture whose frames are not quite in order, and to nothing that was captured before', () => {
  const message = seen({ timeNs: 10_005_000_000n, link: { source: hardware.first, destination: hardware.agent } });
  const observer = new ObserverMemory();
  observer.links.learn(message, 'mn-1', '10.0.0.1');
  const kept = observer.keep(10_000, []);
  const knownFrom = (beginsAt: number): string | undefined => {
    const next = new ObserverMemory();
    next.recall(kept, beginsAt);
    return next.links.nodeOf(message);
  };
  expect([9_990, 10_004, 60_000, 90_000].map(knownFrom)).toEqual(['mn-1', 'mn-1', 'mn-1', 'mn-1']);
  expect(knownFrom(5_000)).toBeUndefined();
});
