import { defaultPolicy, defaultPools, FlowTableState, handleFlowTable, type FlowTableCommand, type FlowTableEvent } from '#domain';

/** Of ten decisions. Refreshes go round the live flows, each once in 30 s; a flow lives for 75 s, so its first lease lasts. */
const mix = ['refresh', 'configure', 'refresh', 'release', 'refresh', 'modify', 'configure', 'refresh', 'release', 'refresh'] as const;
export const mixText = '5 refreshes, 2 configures (half of them collide), 2 releases, 1 modify';

const careOfAddress = '198.51.100.1';
const refreshPeriodMs = 30_000;
const terms = { type: 'ConfigureSession', style: 'FF', service: 'guaranteed', refreshPeriodMs, replaces: null } as const;

export interface Told {
  readonly command: FlowTableCommand;
  readonly now: number;
}

/**
 * One scope that keeps so many flows alive: they come in pairs of two nodes that ask for one flow id, the oldest leaves, the others
 * are refreshed in the order in which they came. All that is told is fixed beforehand; nothing waits for an answer.
 */
export class ScopeTraffic {
  readonly state = new FlowTableState('fa-1', careOfAddress);
  private now = Date.UTC(2026, 0, 1);
  private readonly stepMs: number;
  private arrived = 0;
  private left = 0;
  private refreshed = 0;
  private modified = 0;
  private turn = 0;
  /** Flow → how often it was modified. */
  private readonly changes = new Map<number, number>();

  constructor(
    private readonly flows: number,
    /** Flows of other nodes that stand beside them for ever and are never told of again. */
    idle = 0,
    private readonly keep: (event: FlowTableEvent) => void = () => undefined,
  ) {
    this.stepMs = (refreshPeriodMs * 0.5) / flows;
    const pools = { ...defaultPools, sourcePort: { first: 1_024, last: 65_535 } };
    const policy = { ...defaultPolicy, quarantineSeconds: 10 };
    this.tell({ command: { type: 'ProvisionScope', revision: 0n, pools, policy }, now: this.now });
    for (let i = 0; i < this.nodes; i += 1) {
      const homeAddress = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
      const admit = { mobileNode: nodeOf(i), homeAddress, homeAgent: '203.0.113.1', expiresAt: null, registrationRevision: 1n } as const;
      this.tell({ command: { type: 'AdmitVisitor', ...admit }, now: this.now });
    }
    for (let i = 0; i < idle; i += 1) this.stand(i);
    while (this.arrived < flows) this.tell({ command: this.configureNext(), now: this.now });
  }

  private stand(index: number): void {
    const mobileNode = `idle-${index >> 2}@example.org`;
    const admit = { mobileNode, homeAddress: '10.255.0.1', homeAgent: '203.0.113.2', expiresAt: null, registrationRevision: 1n } as const;
    if ((index & 3) === 0) this.tell({ command: { type: 'AdmitVisitor', ...admit }, now: this.now });
    const flow = { correspondentNode: `192.168.${(index >> 8) & 255}.${index & 255}`, protocol: 17, destinationPort: 5_004, sourcePort: 5_000 + (index >> 16) };
    const tspec = { r: 1_000, b: 2_000, p: 20_000, m: 64, M: 1_500 };
    const sessionId = `00000000-0000-4000-9000-${index.toString(16).padStart(12, '0')}`;
    this.tell({ command: { ...terms, refreshPeriodMs: 0, sessionId, mobileNode, flow, tspec }, now: this.now });
  }

  /** The next decisions of the scope's life, made ready so that none of it is measured with them. */
  next(decisions: number): Told[] {
    return Array.from({ length: decisions }, () => {
      this.now += this.stepMs;
      const command = this.command(mix[this.turn++ % mix.length]!);
      // Texts of their own, as a body that was read has them.
      return { command: JSON.parse(JSON.stringify(command)) as FlowTableCommand, now: Math.floor(this.now) };
    });
  }

  /** @throws Error where a decision refuses what it should take */
  tell({ command, now }: Told): void {
    const { state } = this;
    state.journal.begin();
    const { answer, events } = handleFlowTable(state, command, now);
    state.journal.confirm();
    if (answer.outcome === 'refused') throw new Error(`${command.type} was refused: ${answer.rejection.detail}`);
    for (const event of events) this.keep(event);
  }

  private command(kind: (typeof mix)[number]): FlowTableCommand {
    const live = this.arrived - this.left;
    switch (kind) {
      case 'configure':
        return this.configureNext();
      case 'release':
        return { type: 'ReleaseSession', sessionId: sessionOf(this.left++), cause: 'path-tear', claimedBy: null };
      case 'refresh':
        return this.configure(this.left + (this.refreshed++ % live));
      case 'modify': {
        const flow = this.left + (this.modified++ % live);
        this.changes.set(flow, (this.changes.get(flow) ?? 0) + 1);
        return this.configure(flow);
      }
    }
  }

  private configureNext(): FlowTableCommand {
    return this.configure(this.arrived++);
  }

  private configure(flow: number): FlowTableCommand {
    // Two that follow on one another ask for the same; what is asked for is asked again when all else was.
    const asked = flow >> 1;
    const correspondentNode = `192.0.${2 + ((asked >> 7) & 63)}.${1 + (asked & 127)}`;
    const sourcePort = 5_000 + (asked >> 13) * 2;
    const wanted = { correspondentNode, protocol: 17, destinationPort: 5_004, sourcePort };
    const r = 1_000 + (this.changes.get(flow) ?? 0);
    return { ...terms, sessionId: sessionOf(flow), mobileNode: nodeOf(flow % this.nodes), flow: wanted, tspec: { r, b: 2_000, p: 20_000, m: 64, M: 1_500 } };
  }

  /** Odd, so that the two of a pair, and those who ask again, are not the same node. */
  private get nodes(): number {
    return (this.flows >> 2) | 1;
  }
}

const nodeOf = (index: number): string => `node-${index}@example.org`;
const sessionOf = (flow: number): string => `00000000-0000-4000-8000-${flow.toString(16).padStart(12, '0')}`;

