import { directAgent, handleForeignAgents, type ForeignAgentsCommand, type Learn, type Provision } from './foreign-agents';
import { initialForeignAgents, type ForeignAgentsState } from './foreign-agents-state';
import { defaultPolicy, defaultPools } from '../flow/policy';

const provision = (foreignAgent: string, careOfAddresses: readonly string[], name: string | null = null): Provision =>
  ({ type: 'Provision', foreignAgent, name, careOfAddresses, pools: defaultPools, policy: defaultPolicy });
const learn = (foreignAgent: string | null, ...careOfAddresses: string[]): Learn => ({ type: 'Learn', foreignAgent, careOfAddresses, learnedFrom: 'advertisement' });

const reboot = (foreignAgent: string): ForeignAgentsCommand => ({ type: 'ReportReboot', foreignAgent, reportedBy: 'command', sequenceNumbers: null });

/** What the last of these commands comes to. */
function told(...commands: ForeignAgentsCommand[]): { readonly told: unknown; readonly state: ForeignAgentsState } {
  let state = initialForeignAgents;
  let last: unknown;
  for (const command of commands) {
    const { answer, events, state: after } = handleForeignAgents(state, command, 0);
    if (answer.outcome === 'to-close') continue;
    if (answer.outcome === 'refused') expect(events).toEqual([]);
    last = answer.outcome === 'refused' ? answer.rejection.rejection : [answer.agent.foreignAgent, ...answer.agent.careOfAddresses, ...events.map(({ type }) => type)];
    state = after;
  }
  return { told: last, state };
}

test('what has no foreign agent stands under a name that streams have (domain.md §2)', () => expect(directAgent).toBe('direct'));

describe('foreign agents', () => {
  test.each<[string, ForeignAgentsCommand[], unknown]>([
    ['provisioned', [provision('fa-1', ['a'])], ['fa-1', 'a', 'ForeignAgentProvisioned']],
    ['provisioned twice alike: nothing is appended', [provision('fa-1', ['a', 'b']), provision('fa-1', ['b', 'a'])], ['fa-1', 'a', 'b']],
    ['provisioned anew', [provision('fa-1', ['a']), provision('fa-1', ['b'])], ['fa-1', 'b', 'ForeignAgentProvisioned']],
    ['an address belongs to one agent', [provision('fa-1', ['a']), provision('fa-2', ['a'])], 'care-of-address-taken'],
    ['an address that was given up is free', [provision('fa-1', ['a']), provision('fa-1', ['b']), provision('fa-2', ['a'])], ['fa-2', 'a', 'ForeignAgentProvisioned']],
    ['learned: named after its first address', [learn(null, 'a')], ['a', 'a', 'ForeignAgentLearned']],
    ['learned: a further address of the same agent', [learn(null, 'a'), learn(null, 'a', 'b')], ['a', 'a', 'b', 'ForeignAgentLearned']],
    ['learned: the address that is known is not the first', [learn(null, 'a'), learn(null, 'b', 'a')], ['a', 'a', 'b', 'ForeignAgentLearned']],
    ['learned: addresses of two agents stay theirs, and that is told', [learn(null, 'a'), learn(null, 'b'), learn(null, 'a', 'b')], ['a', 'a', 'ForeignAgentLearned']],
    ['and told once', [learn(null, 'a'), learn(null, 'b'), learn(null, 'a', 'b'), learn(null, 'a', 'b')], ['a', 'a']],
    ['a registration that names them tells nothing of it', [learn(null, 'a'), learn(null, 'b'), { ...learn(null, 'a', 'b'), learnedFrom: 'registration' }], ['a', 'a']],
    ['learned twice: nothing is appended', [learn('fa-1', 'a'), learn('fa-1', 'a')], ['fa-1', 'a']],
    ['a provisioned agent learns nothing', [provision('fa-1', ['a']), learn('fa-1', 'b')], ['fa-1', 'a']],
    ['a provisioned agent learns nothing of another either', [provision('fa-1', ['a']), provision('fa-2', ['b']), learn('fa-2', 'a')], ['fa-2', 'b']],
    ['an address of another is not learned', [provision('fa-1', ['a']), learn('fa-2', 'a')], 'care-of-address-taken'],
    ['an agent that was only learned is provisioned', [learn('fa-1', 'a'), provision('fa-1', ['a'])], ['fa-1', 'a', 'ForeignAgentProvisioned']],
    ['by another name', [provision('fa-1', ['a'], 'one'), provision('fa-1', ['a'], 'two')], ['fa-1', 'a', 'ForeignAgentProvisioned']],
    ['with other pools', [provision('fa-1', ['a']), { ...provision('fa-1', ['a']), pools: { ...defaultPools, greKey: null } }], ['fa-1', 'a', 'ForeignAgentProvisioned']],
    ['with another policy', [provision('fa-1', ['a']), { ...provision('fa-1', ['a']), policy: { ...defaultPolicy, quarantineSeconds: 1 } }], ['fa-1', 'a', 'ForeignAgentProvisioned']],
    ['learned by its id: only what was not known', [learn('fa-1', 'a'), learn('fa-1', 'a', 'b')], ['fa-1', 'a', 'b', 'ForeignAgentLearned']],
    ['learned again after it was removed', [learn(null, 'a'), { type: 'Remove', foreignAgent: 'a' }, learn(null, 'a')], ['a', 'a', 'ForeignAgentLearned']],
    ['a reboot of an agent', [provision('fa-1', ['a']), reboot('fa-1')], ['fa-1', 'a', 'AgentRebootReported']],
    ['a reboot of nobody', [reboot('fa-1')], 'foreign-agent-unknown'],
    ['removed', [provision('fa-1', ['a']), { type: 'Remove', foreignAgent: 'fa-1' }], ['fa-1', 'a', 'ForeignAgentRemoved']],
    ['removed twice', [provision('fa-1', ['a']), { type: 'Remove', foreignAgent: 'fa-1' }, { type: 'Remove', foreignAgent: 'fa-1' }], 'foreign-agent-unknown'],
  ])('%s', (_, commands, expected) => expect(told(...commands).told).toEqual(expected));

  test('what an advertisement names and others have is told by whose it is, each once, and changes no agent nor its revision', () => {
    const before = told(provision('fa-1', ['a']), learn(null, 'b')).state;
    const first = handleForeignAgents(before, learn(null, 'a', 'b', 'c'), 0);
    expect(first.events).toMatchObject([{ type: 'ForeignAgentLearned', foreignAgent: 'fa-1', careOfAddresses: [], ofOthers: [{ careOfAddress: 'b', foreignAgent: 'b' }] }]);
    expect(first.state.agents.get('fa-1')).toMatchObject({ careOfAddresses: ['a'], revision: before.agents.get('fa-1')!.revision });
    const { state } = handleForeignAgents(first.state, learn(null, 'c', 'd'), 0);
    const second = handleForeignAgents(state, learn(null, 'b', 'c', 'e'), 0);
    expect(second.events).toMatchObject([{ foreignAgent: 'b', careOfAddresses: ['e'], ofOthers: [{ careOfAddress: 'c', foreignAgent: 'c' }] }]);
    expect(handleForeignAgents(second.state, learn(null, 'b', 'c', 'e'), 0).events).toEqual([]);
  });

  test('the owner of an address follows every change', () => {
    const { state } = told(provision('fa-1', ['a', 'b']), provision('fa-1', ['b']), learn('fa-2', 'a'), { type: 'Remove', foreignAgent: 'fa-1' });
    expect([...state.agentByCareOfAddress]).toEqual([['a', 'fa-2']]);
  });

  test('the event says which addresses the agent has no more', () => {
    const last = (...commands: Parameters<typeof told>) => handleForeignAgents(told(...commands.slice(0, -1)).state, commands.at(-1)!, 0).events[0];
    expect(last(provision('fa-1', ['a', 'b', 'c']), provision('fa-1', ['b', 'd']))).toMatchObject({ careOfAddresses: ['b', 'd'], dropped: ['a', 'c'] });
    expect(last(provision('fa-1', ['a']), provision('fa-1', ['a', 'b']))).not.toHaveProperty('dropped');
  });

  test('a reboot leaves what is provisioned and its revision as they were', () => {
    const { state } = told(provision('fa-1', ['a']), reboot('fa-1'));
    expect(state.agents.get('fa-1')).toMatchObject({ provisioned: true, careOfAddresses: ['a'], revision: 0n, rebooted: 1n });
    expect(told(provision('fa-1', ['a']), reboot('fa-1'), provision('fa-1', ['b'])).state.agents.get('fa-1')).toMatchObject({ revision: 2n, rebooted: 1n });
  });

  test('given a report of a time when an agent had another address, then the address that it has now knows of no reboot', () => {
    const { state } = told(provision('fa-1', ['a', 'b']), reboot('fa-1'), provision('fa-1', ['b', 'c']));
    expect([...state.agents.get('fa-1')!.rebootedAt]).toEqual([['a', 1n], ['b', 1n]]);
    expect([...told(provision('fa-1', ['a', 'b']), reboot('fa-1'), provision('fa-1', ['b', 'c']), reboot('fa-1')).state.agents.get('fa-1')!.rebootedAt])
      .toEqual([['a', 1n], ['b', 3n], ['c', 3n]]);
  });

  describe('addresses are taken where they are closed for that', () => {
    const close = (...careOfAddresses: string[]): ForeignAgentsCommand => ({ type: 'CloseAddresses', foreignAgent: 'fa-1', careOfAddresses });
    const reopen = (closing: bigint): ForeignAgentsCommand => ({ type: 'ReopenAddresses', foreignAgent: 'fa-1', closing });
    const remove = (closing: bigint | null): ForeignAgentsCommand => ({ type: 'Remove', foreignAgent: 'fa-1', closing });
    const drop = (closing: bigint | null): ForeignAgentsCommand => ({ ...provision('fa-1', ['b']), closing });
    const both = provision('fa-1', ['a', 'b']);
    const last = (...commands: ForeignAgentsCommand[]) => handleForeignAgents(told(...commands.slice(0, -1)).state, commands.at(-1)!, 0);

    test.each<[string, ForeignAgentsCommand[], readonly string[] | string]>([
      ['a removal asks for all of them first', [both, remove(null)], ['a', 'b']],
      ['a provisioning for those that it drops', [both, drop(null)], ['a']],
      ['and for none where it drops none', [both, { ...provision('fa-1', ['a', 'b', 'c']), closing: null }], 'ForeignAgentProvisioned'],
      ['an agent without addresses has none to close', [provision('fa-1', []), remove(null)], 'ForeignAgentRemoved'],
      ['closed', [both, close('a', 'b'), remove(1n)], 'ForeignAgentRemoved'],
      ['what is dropped is closed', [both, close('a'), drop(1n)], 'ForeignAgentProvisioned'],
      ['another was closed', [both, close('b'), drop(1n)], ['a']],
      ['by a closing that is over', [both, close('a', 'b'), reopen(1n), remove(1n)], ['a', 'b']],
      ['by a closing that another provisioning ended', [both, close('a', 'b'), provision('fa-1', ['a', 'b'], 'name'), remove(1n)], ['a', 'b']],
      ['an address was learned since', [learn('fa-1', 'a'), close('a'), learn('fa-1', 'b'), remove(1n)], ['a', 'b']],
      ['one closing at a time', [both, close('a'), close('b')], ''],
      ['no address that is not the agent’s', [both, close('a', 'c')], ''],
      ['another closing is not this one’s to open', [both, close('a'), reopen(0n)], ''],
    ])('%s', (_, commands, expected) => {
      const { answer, events } = last(...commands);
      if (typeof expected === 'string') expect(events.map(({ type }) => type).join()).toBe(expected);
      else expect([answer, events]).toMatchObject([{ outcome: 'to-close', careOfAddresses: expected }, []]);
    });

    test('closing and opening leave what is provisioned and its revision as they were, and say which addresses', () => {
      expect(told(both, close('a')).state.agents.get('fa-1')).toMatchObject({ revision: 0n, closing: { revision: 1n, careOfAddresses: ['a'] } });
      expect(last(both, close('a'), reopen(1n)).events).toMatchObject([{ type: 'CareOfAddressesReopened', careOfAddresses: ['a'], closing: '1' }]);
      expect(told(both, close('a'), reopen(1n)).state.agents.get('fa-1')).toMatchObject({ revision: 0n, closing: null });
      expect(told(close('a')).told).toBe('foreign-agent-unknown');
    });
  });

  test('an agent that was learned has the defaults and is not provisioned', () => {
    expect(told(learn(null, 'a')).state.agents.get('a')).toMatchObject({ name: null, provisioned: false, pools: defaultPools, policy: defaultPolicy, rebooted: null, revision: 0n });
  });

  test('the refusal tells whose the address is; what a capture of another time showed is no clock of what is provisioned now', () => {
    const { state } = handleForeignAgents(initialForeignAgents, provision('fa-1', ['a', 'b']), 60_000);
    expect(handleForeignAgents(state, provision('fa-2', ['c', 'b']), 0).answer).toMatchObject({ rejection: { detail: 'b belongs to fa-1.', facts: { careOfAddress: 'b', foreignAgent: 'fa-1' } } });
    expect(handleForeignAgents(state, provision('fa-2', ['c']), 0)).toMatchObject({ answer: { outcome: 'done' }, events: [{ occurredAt: '1970-01-01T00:00:00.000Z' }] });
  });
});
