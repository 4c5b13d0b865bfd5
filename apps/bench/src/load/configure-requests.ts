import type { LoadJob } from './load-job';

/** Where a connection's sessions are: connections share scopes evenly. */
export interface CallerScope {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
}

export const scopeOf = (connection: number, scopes: number): CallerScope => {
  const scope = connection % scopes;
  return { foreignAgent: `fa-${scope}`, careOfAddress: `198.51.100.${scope + 1}` };
};

/** Two nodes a connection: what the first has, the second claims too. */
export const nodesOf = (connection: number): readonly [string, string] => [`mn-${connection}-a`, `mn-${connection}-b`];

export const registrationOf = (connection: number, node: 0 | 1, scopes: number): { readonly path: string; readonly body: string } => ({
  path: `/v1/mobile-nodes/${nodesOf(connection)[node]}/registrations`,
  body: JSON.stringify({ ...scopeOf(connection, scopes), homeAgent: '192.0.2.1', homeAddress: `10.${node + 1}.${connection >> 8}.${connection & 255}`, lifetimeSeconds: 36_000 }),
});

const tspec = { r: 8_000, b: 3_000, p: 'Infinity', m: 64, M: 1_500 } as const;
/** Below the pool of temporary ports. */
const ports = 40_000;

/**
 * The nth request of a connection. No two connections of a scope ask for the same flow; where requests are to collide, every
 * second one asks for the flow id that the other node of the connection got just before.
 */
export function configureBody(connection: number, nth: number, { scopes, connections, collide }: Pick<LoadJob, 'scopes' | 'connections' | 'collide'>): string {
  const flow = (collide ? nth >> 1 : nth) * connections + connection;
  return JSON.stringify({
    ...scopeOf(connection, scopes),
    mobileNode: nodesOf(connection)[collide ? ((nth & 1) as 0 | 1) : 0],
    flow: { correspondentNode: `203.0.113.${(flow % 200) + 1}`, protocol: 17, destinationPort: 5_004 + 2 * Math.floor(flow / ports), sourcePort: 1_024 + (flow % ports) },
    service: 'controlled-load',
    tspec,
    refreshPeriodMs: 0,
  });
}
