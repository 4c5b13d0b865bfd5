import { handleForeignAgents, initialForeignAgents, type ForeignAgentsCommand, type ForeignAgentsState, type Learn, type Provision } from './foreign-agents';
import { defaultPolicy, defaultPools } from './policy';

const provision = (foreignAgent: string, careOfAddresses: readonly string[], name: string | null = null): Provision =>
  ({ type: 'Provision', foreignAgent, name, careOfAddresses, pools: defaultPools, policy: defaultPolicy });
const learn = (foreignAgent: string | null, ...careOfAddresses: string[]): Learn => ({ type: 'Learn', foreignAgent, careOfAddresses, learnedFrom: 'advertisement' });

/** What the last of these commands comes to. */
function told(...commands: ForeignAgentsCommand[]): { readonly told: unknown; readonly state: ForeignAgentsState } {
  let state = initialForeignAgents;
  let last: unknown;
  for (const command of commands) {
    const { answer, events, state: after } = handleForeignAgents(state, command, 0);
    last = answer.outcome === 'refused' ? answer.rejection.rejection : [answer.agent.foreignAgent, ...answer.agent.careOfAddresses, ...events.map(({ type }) => type)];
    state = after;
  }
  return { told: last, state };
}

describe('foreign agents', () => {
  test.each<[string, ForeignAgentsCommand[], unknown]>([
    ['provisioned', [provision('fa-1', ['a'])], ['fa-1', 'a', 'ForeignAgentProvisioned']],
    ['provisioned twice alike: nothing is appended', [provision('fa-1', ['a', 'b']), provision('fa-1', ['b', 'a'])], ['fa-1', 'a', 'b']],
    ['provisioned anew', [provision('fa-1', ['a']), provision('fa-1', ['b'])], ['fa-1', 'b', 'ForeignAgentProvisioned']],
    ['an address belongs to one agent', [provision('fa-1', ['a']), provision('fa-2', ['a'])], 'care-of-address-taken'],
    ['an address that was given up is free', [provision('fa-1', ['a']), provision('fa-1', ['b']), provision('fa-2', ['a'])], ['fa-2', 'a', 'ForeignAgentProvisioned']],
    ['learned: named after its first address', [learn(null, 'a')], ['a', 'a', 'ForeignAgentLearned']],
    ['learned: a further address of the same agent', [learn(null, 'a'), learn(null, 'a', 'b')], ['a', 'a', 'b', 'ForeignAgentLearned']],
    ['learned twice: nothing is appended', [learn('fa-1', 'a'), learn('fa-1', 'a')], ['fa-1', 'a']],
    ['a provisioned agent learns nothing', [provision('fa-1', ['a']), learn('fa-1', 'b')], ['fa-1', 'a']],
    ['an address of another is not learned', [provision('fa-1', ['a']), learn('fa-2', 'a')], 'care-of-address-taken'],
    ['removed', [provision('fa-1', ['a']), { type: 'Remove', foreignAgent: 'fa-1' }], ['fa-1', 'a', 'ForeignAgentRemoved']],
    ['removed twice', [provision('fa-1', ['a']), { type: 'Remove', foreignAgent: 'fa-1' }, { type: 'Remove', foreignAgent: 'fa-1' }], 'foreign-agent-unknown'],
  ])('%s', (_, commands, expected) => expect(told(...commands).told).toEqual(expected));

  test('the owner of an address follows every change', () => {
    const { state } = told(provision('fa-1', ['a', 'b']), provision('fa-1', ['b']), learn('fa-2', 'a'), { type: 'Remove', foreignAgent: 'fa-1' });
    expect([...state.agentByCareOfAddress]).toEqual([['a', 'fa-2']]);
  });
});
