import { cn, cn2, configure, ff, given, path, resv, se, tick, timeAt, wf } from '../proof/flow-table.testing';
import type { Flow, Style } from '../flow/flow';
import { hold } from '../legs/handoff.testing';

const hop = (address: string, seconds: number) => ({ previousHop: address, refreshPeriodMs: seconds * 1_000 });
const of = (seconds: number) => ({ refreshPeriodMs: seconds * 1_000 });
const lease = (at: number, seconds: number) => ({ ...of(seconds), expiresAt: timeAt(at + 7.875 * seconds) });
const flows: [Style, Flow][] = [['FF', ff()], ['SE', se([cn, 5000], [cn2, 5000])], ['WF', wf()]];

describe.each(flows)('a command and PATHs of another R on one session of style %s: R is of each state block (RFC 2205 §3.7)', (_, flow) => {
  const scene = () => given().visitors('mn-1');
  test.each([[10, 30], [30, 10], [30, 30], [7, 3]])('given a command every %d s and PATHs every %d s, when they come in turns, then soon none of them is a change any more, and the session stands', (command, paths) => {
    const scenario = scene().when(0, configure('s1', 'mn-1', flow, of(command)));
    const turn = (at: number): void => {
      scenario.when(at, path('x', 'mn-1', ff(), hop('192.0.2.254', paths))).when(at, configure('x', 'mn-1', flow, of(command)));
    };
    for (const at of [1, 2]) turn(at);
    for (let at = 3; at < 12; at++) {
      scenario.when(at, path('x', 'mn-1', ff(), hop('192.0.2.254', paths))).thenNothingAppended();
      scenario.when(at, configure('x', 'mn-1', flow, of(command))).thenNothingAppended().thenAnswer({ outcome: 'refreshed', sessionId: 's1' });
    }
    expect(scenario.state.sessions.get('s1')).toMatchObject({ refreshPeriodMs: 1_000 * Math.max(command, paths), reservation: of(command) });
  });
  test('given PATHs without RSVP_HOP, when they come in turns with commands, then neither is a change', () => {
    for (const [command, paths] of [[10, 30], [30, 10]] as const) {
      const scenario = scene().when(0, configure('s1', 'mn-1', flow, of(command)));
      for (let at = 1; at < 9; at++) {
        scenario.when(at, path('x', 'mn-1', ff(), of(paths)));
        if (at > 3) scenario.thenNothingAppended();
        scenario.when(at, configure('x', 'mn-1', flow, of(command)));
        if (at > 3) scenario.thenNothingAppended();
      }
    }
  });
  test('given a PATH of a short R, when no other comes but the command goes on, then what is commanded stands', () => {
    const scenario = scene().when(0, configure('s1', 'mn-1', flow, of(60))).when(1, path('x', 'mn-1', ff(), hop('192.0.2.254', 2)));
    for (const at of [2, 60, 120, 180, 240, 300]) scenario.when(at, configure('x', 'mn-1', flow, of(60))).thenHeld('s1');
    expect(scenario.state.sessions.get('s1')!.flow).toEqual(flow);
  });
  test('given both go on, when the command has another R than before, then that is a change, once', () => {
    const scenario = scene().when(0, configure('s1', 'mn-1', flow, of(10))).when(1, path('x', 'mn-1', ff(), hop('192.0.2.254', 30))).when(2, configure('x', 'mn-1', flow, of(10)))
      .when(3, configure('x', 'mn-1', flow, of(20))).thenAnswer({ outcome: 'modified' }).thenTold('reservation', lease(3, 20)).thenWithout('refreshPeriodMs')
      .when(4, configure('x', 'mn-1', flow, of(20))).thenNothingAppended()
      .when(5, configure('x', 'mn-1', flow, of(60))).thenTold('refreshPeriodMs', 60_000).when(6, path('x', 'mn-1', ff(), hop('192.0.2.254', 30)));
    scenario.when(7, configure('x', 'mn-1', flow, of(60))).thenNothingAppended()
      .when(8, configure('x', 'mn-1', flow, of(5))).thenTold('refreshPeriodMs', 30_000).thenTold('reservation', lease(8, 5))
      .when(9, path('x', 'mn-1', ff(), hop('192.0.2.254', 30))).thenNothingAppended().when(10, configure('x', 'mn-1', flow, of(5))).thenNothingAppended();
  });
  test('given both go on, when a command leaves R out, then each has what it had; and with 0 there is no soft state', () => {
    const scenario = scene().when(0, configure('s1', 'mn-1', flow, of(10))).when(1, path('x', 'mn-1', ff(), hop('192.0.2.254', 30)))
      .when(2, configure('x', 'mn-1', flow)).thenNothingAppended().when(3, configure('x', 'mn-1', flow, of(0))).thenEvents({ refreshPeriodMs: 0, expiresAt: null, reservation: null });
    scenario.when(4, path('x', 'mn-1', ff(), hop('192.0.2.254', 30))).when(5, configure('x', 'mn-1', flow, of(0))).thenNothingAppended().when(9_000, tick);
    expect([...scenario.state.sessions.values()]).toMatchObject([{ sessionId: 's1', flow }]);
  });
  test('given its node is handed off from here, when it is refreshed behind such a PATH, then that is taken; another R is not', () => {
    const held = scene().when(0, configure('s1', 'mn-1', flow, of(10))).when(1, path('x', 'mn-1', ff(), hop('192.0.2.254', 30))).when(2, hold('h1', 3n));
    held.when(3, configure('x', 'mn-1', flow, of(10))).thenAnswer({ outcome: 'refreshed', sessionId: 's1' }).thenNothingAppended()
      .when(4, configure('x', 'mn-1', flow, of(30))).thenRefused('handoff-in-progress');
  });
});

describe('a list whose senders have PATHs of their own R', () => {
  const [first, both] = [se([cn, 5000]), se([cn, 5000], [cn2, 5000])];
  test('I7 given a command of a longer R, when it takes a further path over, then the same command again changes nothing', () => {
    const scenario = given().visitors('mn-1').when(0, configure('s1', 'mn-1', first, of(60))).when(1, path('x', 'mn-1', ff(), hop('192.0.2.254', 5)))
      .when(2, path('s2', 'mn-1', ff({ correspondentNode: cn2 }), hop('192.0.2.253', 5)))
      .when(3, configure('x', 'mn-1', both, of(60)))
      .thenEvents({ cause: 'merged' }, { type: 'QosSessionModified', paths: [{ correspondentNode: cn2, ...lease(3, 60) }, { correspondentNode: cn, ...lease(3, 60), previousHops: [{ hop: 'command', ...of(60) }] }] });
    scenario.when(3, configure('x', 'mn-1', both, of(60))).thenNothingAppended().when(3, path('x', 'mn-1', ff(), hop('192.0.2.254', 5))).thenNothingAppended()
      .when(470, tick).thenHeld('s1');
  });
  test('given a reservation that only RESVs tell, when PATH and RESV have other R, then each has its own, and no command is seen', () => {
    const scenario = given().when(0, path('s1', 'mn-1', ff(), hop('192.0.2.254', 5))).when(1, resv('x', 'mn-1', ff(), of(60)));
    expect(scenario.state.sessions.get('s1')).toMatchObject({ refreshPeriodMs: 5_000, reservation: of(60) });
  });
});
