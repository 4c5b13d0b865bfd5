import type { Flow } from '../flow/flow';
import { cn, configure, FlowTableScenario, given, path, pathTear, provision, resv } from '../proof/flow-table.testing';
import { hold } from '../legs/handoff.testing';

const label = (destinationPort?: number): Flow => ({ correspondentNode: '2001:db8::7', protocol: 17, ...(destinationPort !== undefined && { destinationPort }), flowLabel: 5 });
const spi = (destinationPort?: number): Flow => ({ correspondentNode: cn, protocol: 50, ...(destinationPort !== undefined && { destinationPort }), spi: 7 });
const scenes: [string, () => FlowTableScenario, typeof label][] = [
  ['a label', () => new FlowTableScenario('2001:db8:1::1').when(0, provision(1n)).visitors('mn-1', 'mn-2'), label], ['an SPI', () => given().visitors('mn-1', 'mn-2'), spi],
];

describe.each(scenes)('the destination port beside %s identifies nothing, and is kept and shown (domain.md §2)', (_, scene, flow) => {
  test('given a session, when it is commanded with another port, then that is a change of the same session, once, and its id stays', () => {
    scene().when(0, configure('s1', 'mn-1', flow(5004))).when(1, configure('x', 'mn-1', flow(5006))).thenAnswer({ outcome: 'modified', sessionId: 's1' })
      .thenTold('flow', flow(5006)).thenWithout('effective').when(2, configure('x', 'mn-1', flow(5006))).thenNothingAppended()
      .when(3, configure('x', 'mn-1', flow())).thenAnswer({ outcome: 'refreshed' }).thenNothingAppended();
    scene().when(0, configure('s1', 'mn-1', flow())).when(1, configure('x', 'mn-1', flow(5006))).thenTold('flow', flow(5006));
  });
  test('given another style of its node on that port, when it is commanded with it, then that is a conflict, and the session stays as it was', () => {
    const shared: Flow = { protocol: flow(0).protocol, destinationPort: 5006, senders: [{ ...(flow(0).spi ? { correspondentNode: cn, spi: 9 } : { correspondentNode: '2001:db8::7', flowLabel: 9 }) }] };
    const beside = scene().when(0, configure('s1', 'mn-1', flow(5004))).when(0, configure('s2', 'mn-1', shared)).when(1, configure('x', 'mn-1', flow(5006))).thenRefused('style-conflict').thenNothingAppended();
    expect(beside.state.sessions.get('s1')!.flow).toEqual(flow(5004));
    beside.when(2, configure('x', 'mn-1', flow(5008))).thenAnswer({ outcome: 'modified' })
      .when(3, configure('s3', 'mn-1', { ...shared, destinationPort: 5004 })).thenAnswer({ outcome: 'configured' }).when(4, configure('x', 'mn-1', { ...shared, destinationPort: 5008 })).thenRefused('style-conflict');
  });
  test('given a session that was seen, when PATHs and RESVs of two ports come in turns, then it has its port, and that is told once', () => {
    const seen = scene().when(0, path('s1', 'mn-1', flow(5004))).when(1, resv('x', 'mn-1', flow(5004))).when(2, path('x', 'mn-1', flow(5006)))
      .thenEvents({ type: 'SignallingObserved', sessionId: 's1', violations: [{ name: 'destination-port-differs', detail: expect.stringContaining('5006 beside 5004') }] });
    for (let at = 3; at < 8; at++) for (const message of [path, resv]) for (const port of [5004, 5006]) seen.when(at, message('x', 'mn-1', flow(port))).thenNothingAppended();
    seen.when(9, configure('x', 'mn-1', flow(5008))).thenTold('flow', flow(5008)).when(10, path('x', 'mn-1', flow(5004))).when(11, configure('x', 'mn-1', flow(5008))).thenNothingAppended()
      .when(12, pathTear('mn-1', flow(5004))).thenHeld();
  });
  test('given its node is handed off from here, when it is commanded with another port, then that is no refresh', () => {
    scene().when(0, configure('s1', 'mn-1', flow(5004))).when(1, hold('h1', 3n)).when(2, configure('x', 'mn-1', flow(5004))).thenAnswer({ outcome: 'refreshed' })
      .when(3, configure('x', 'mn-1', flow(5006))).thenRefused('handoff-in-progress');
  });
});
