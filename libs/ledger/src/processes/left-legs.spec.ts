import type { AppendFault } from '#event-store';
import { buildIpInIp, buildIpv4, buildUdp, encodeMobileIp, encodeRsvp, IpProtocol, LinkType, path, pathTear, PcapWriter, type MobileIpMessage } from '#signalling';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { ConfigureQosSession } from '../commands/configure-qos-session';
import { ConfigureQosSessions, ConfigureQosSessionsHandler } from '../commands/configure-qos-sessions';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const [a, b, c] = ['198.51.100.1', '198.51.101.1', '198.51.102.1'] as const;
const [homeAgent, homeAddress, cn] = ['203.0.113.1', '10.0.0.5', '192.0.2.9'] as const;
const tspec = { r: 10_000, b: 2_000, p: 20_000, m: 64, M: 1_500 };

type Frame = readonly [seconds: number, packet: Uint8Array];

function mobileIp(seconds: number, message: MobileIpMessage, source: string, destination: string): Frame {
  const datagram = buildUdp({ source, destination, sourcePort: 434, destinationPort: 434 }, encodeMobileIp(message));
  return [seconds, buildIpv4({ source, destination, protocol: IpProtocol.UDP }, datagram)];
}

function registered(seconds: number, careOfAddress: string): Frame[] {
  const of = { homeAgent, homeAddress, nai: null, extensions: [], lifetimeSeconds: 6_000, identification: BigInt(1 + seconds) } as const;
  return [
    mobileIp(seconds, { ...of, kind: 'registration-request', flags: [], careOfAddress }, homeAddress, careOfAddress),
    mobileIp(seconds + 0.05, { ...of, kind: 'registration-reply', code: 0 }, homeAgent, careOfAddress),
  ];
}

function told(seconds: number, careOfAddress: string, kind: 'path' | 'path-tear'): Frame {
  const of = {
    session: { destination: homeAddress, protocol: 17, destinationPort: 5004, generalized: false, flags: 0 }, hop: { address: cn, lih: 1 },
    sender: { source: cn, sourcePort: 4000, flowLabel: null, spi: null }, tspec, sendTtl: 60,
  };
  const message = kind === 'path' ? path({ ...of, refreshPeriodMs: 30_000 }) : pathTear(of);
  const packet = buildIpv4({ source: cn, destination: homeAddress, protocol: IpProtocol.RSVP, timeToLive: 60 }, encodeRsvp(message));
  return [seconds, buildIpInIp({ source: homeAgent, destination: careOfAddress }, packet)];
}

async function* captureOf(...frames: readonly Frame[]): AsyncGenerator<Uint8Array> {
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  for (const [seconds, packet] of frames) yield writer.record(BigInt(Math.round(1_000 * (1_000 + seconds))) * 1_000_000n, packet);
}

const ingest = (ledger: TestLedger, ...frames: readonly Frame[]) => ledger.ingest.ingest(captureOf(...frames), { actor: 'test' });

/** `care-of address state` of each leg that stands, then the causes of those that ended, in order. */
async function legs(ledger: TestLedger): Promise<readonly [standing: string[], ended: string[]]> {
  await ledger.runner.waitFor(await ledger.store.head(), 20_000);
  const { rows } = await ledger.database.pool.query<{ leg: string; cause: string | null }>(
    `select care_of_address || ' ' || state as leg, care_of_address || ' ' || cause as cause from projection.session_legs order by ended_position, care_of_address`,
  );
  return [rows.flatMap(({ leg, cause }) => (cause === null ? [leg] : [])), rows.flatMap(({ cause }) => cause ?? [])];
}

describe('a PathTear at the new agent, after handoffs from agents that were not told', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const moved = [...registered(0, a), told(1, a, 'path'), ...registered(10, b)];

  it('the orphan at the old agent ends with the session, at the time of the tear', async () => {
    await ingest(ledger, ...moved);
    expect(await legs(ledger)).toEqual([[`${a} orphaned`, `${b} path-only`], []]);
    await ingest(ledger, told(20, b, 'path-tear'));
    expect(await legs(ledger)).toEqual([[], [`${b} path-tear`, `${a} path-tear`]]);
    const { rows } = await ledger.database.pool.query<{ ended: string }>('select distinct ended_at as ended from projection.session_legs');
    expect(rows).toEqual([{ ended: '1970-01-01T00:17:00.000Z' }]);
  });

  it('so do those of a handoff before that', async () => {
    await ingest(ledger, ...moved, ...registered(20, c), told(30, c, 'path-tear'));
    expect(await legs(ledger)).toEqual([[], [`${c} path-tear`, `${a} path-tear`, `${b} path-tear`]]);
  });

  it('back where it began: what stands at the agent in between ends', async () => {
    await ingest(ledger, ...moved, ...registered(20, a), told(30, a, 'path-tear'));
    expect((await legs(ledger))[0]).toEqual([]);
  });

  it('a path that is told anew behind the tear is another session, and stands', async () => {
    await ingest(ledger, ...moved, told(20, b, 'path-tear'), told(21, b, 'path'));
    expect((await legs(ledger))[0]).toEqual([`${b} path-only`]);
    expect(await ingest(ledger, ...moved, told(20, b, 'path-tear'), told(21, b, 'path'))).toMatchObject({ eventsAppended: 0 });
  });

  it('one that comes late ends nothing', async () => {
    await ingest(ledger, ...moved, told(20, b, 'path'));
    await ingest(ledger, told(9, b, 'path-tear'));
    expect((await legs(ledger))[0]).toEqual([`${a} orphaned`, `${b} path-only`]);
  });
});

async function configureBatch(ledger: TestLedger, body: Partial<ConfigureQosSession>): Promise<unknown> {
  const context = { idempotencyKey: null, bodyDigest: '', actor: 'test', ifMatch: null };
  const request = Object.assign(new ConfigureQosSession(), body, { context });
  return new ConfigureQosSessionsHandler(ledger.mailboxes, ledger.sessions, ledger.leftLegs).execute(new ConfigureQosSessions([request]));
}

/** From the k-th append on nothing is written any more. */
class Stop {
  appends = 0;
  at = Number.POSITIVE_INFINITY;
  readonly onAppend = (): AppendFault | undefined => (++this.appends < this.at ? undefined : 'unavailable');
}

describe('a crash between any two appends', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(() => database.close());

  /** @returns whether it came to its end before that append */
  async function crashAt(k: number, work: (ledger: TestLedger) => Promise<unknown>): Promise<boolean> {
    const stop = new Stop();
    stop.at = k;
    const crashing = await openTestLedger(Date.now, database, undefined, stop);
    const isOver = await work(crashing).then(() => true, () => false);
    await crashing.close();
    return isOver;
  }

  async function recover(): Promise<TestLedger> {
    const fresh = await openTestLedger(Date.now, database);
    await fresh.runner.waitFor(await fresh.store.head(), 20_000);
    await fresh.process.catchUp();
    await fresh.handoffProcess.catchUp();
    await fresh.process.catchUp();
    return fresh;
  }

  it('of a capture: a session whose tear was written stands nowhere, also before the capture is read again', async () => {
    const frames = [...registered(0, a), told(1, a, 'path'), ...registered(10, b), told(20, b, 'path-tear')];
    const seen = new Set<string>();
    for (let k = 1, isOver = false; !isOver; k++) {
      await database.close();
      database = await openTestDatabase();
      isOver = await crashAt(k, (ledger) => ingest(ledger, ...frames));
      const fresh = await recover();
      const [standing, ended] = await legs(fresh);
      const isTorn = ended.includes(`${b} path-tear`);
      expect({ k, standing: isTorn ? standing : [] }).toEqual({ k, standing: [] });
      seen.add(isTorn ? 'torn' : standing.join(' and '));
      await ingest(fresh, ...frames);
      expect({ k, standing: (await legs(fresh))[0] }).toEqual({ k, standing: [] });
      await fresh.close();
    }
    expect([...seen]).toEqual(expect.arrayContaining(['torn', `${a} orphaned and ${b} path-only`]));
  }, 240_000);

  it('of a commanded release: likewise', async () => {
    const home = { homeAgent, homeAddress, lifetimeSeconds: 600 };
    const flow = { correspondentNode: cn, protocol: 17, sourcePort: 4000, destinationPort: 5004 };
    const ledger = await openTestLedger(Date.now, database);
    for (const [foreignAgent, place] of [['fa-1', a], ['fa-2', b]] as const) await ledger.provision({ foreignAgent, careOfAddresses: [place] });
    const mobileNode = 'mn-1';
    await ledger.register({ ...home, mobileNode, foreignAgent: 'fa-1', careOfAddress: a });
    const configured = await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: a, mobileNode, flow });
    const sessionId = configured.outcome === 'accepted' ? configured.body.sessionId : '';
    await ledger.startHandoff({ mobileNode, foreignAgent: 'fa-2', careOfAddress: b, oldAgent: 'unreachable' });
    expect(await legs(ledger)).toEqual([[`${a} orphaned`, `${b} live`], []]);
    await ledger.close();
    // Its own append is written, and that at the old agent is lost.
    expect(await crashAt(2, (crashing) => crashing.release({ sessionId }))).toBe(false);
    const fresh = await recover();
    expect(await legs(fresh)).toEqual([[], [`${b} administrator`, `${a} administrator`]]);
    await fresh.close();
  }, 60_000);

  /** At `b`, with an orphan at `a` that was not told. */
  async function moved(ledger: TestLedger): Promise<string> {
    for (const [foreignAgent, place] of [['fa-1', a], ['fa-2', b]] as const) await ledger.provision({ foreignAgent, careOfAddresses: [place] });
    await ledger.register({ mobileNode: 'mn-1', homeAgent, homeAddress, lifetimeSeconds: 600, foreignAgent: 'fa-1', careOfAddress: a });
    const flow = { correspondentNode: cn, protocol: 17, sourcePort: 4000, destinationPort: 5004 };
    const configured = await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: a, mobileNode: 'mn-1', flow });
    await ledger.startHandoff({ mobileNode: 'mn-1', foreignAgent: 'fa-2', careOfAddress: b, oldAgent: 'unreachable' });
    return configured.outcome === 'accepted' ? configured.body.sessionId : '';
  }

  it.each(['at once', 'behind a crash', 'in a batch'])('replaced where it is served: the orphan ends, too, %s', async (when) => {
    const ledger = await openTestLedger(Date.now, database);
    const replaces = await moved(ledger);
    const flow = { correspondentNode: cn, protocol: 17, sourcePort: 4002, destinationPort: 5004 };
    const rekey = { foreignAgent: 'fa-2', careOfAddress: b, mobileNode: 'mn-1', flow, replaces };
    if (when === 'at once') await ledger.configure(rekey);
    else if (when === 'in a batch') await configureBatch(ledger, rekey);
    await ledger.close();
    if (when === 'behind a crash') expect(await crashAt(2, (crashing) => crashing.configure(rekey))).toBe(false);
    const fresh = when === 'behind a crash' ? await recover() : await openTestLedger(Date.now, database);
    expect(await legs(fresh)).toEqual([[`${b} live`], [`${b} replaced`, `${a} replaced`]]);
    const actors = new Set<unknown>();
    for await (const { type, metadata } of fresh.store.readAll()) if (type === 'QosSessionReleased') actors.add((JSON.parse(metadata) as Record<string, unknown>)['actor']);
    expect([...actors]).toStrictEqual(['test']);
    await fresh.close();
  }, 60_000);

  it('its agent is removed: what stands at another agent is not asked for', async () => {
    const ledger = await openTestLedger(Date.now, database);
    await moved(ledger);
    await ledger.remove({ foreignAgent: 'fa-2', force: true });
    await ledger.process.catchUp();
    expect(await legs(ledger)).toEqual([[`${a} orphaned`], [`${b} administrator`]]);
    await ledger.close();
  }, 60_000);
});
