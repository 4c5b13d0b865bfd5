import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';
import { IdempotencyKeyReused, PreconditionFailed } from '../idempotency/command';

const careOfAddress = '198.51.100.1';
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

describe('commands on a real ledger', () => {
  let ledger: TestLedger;
  beforeAll(async () => {
    ledger = await openTestLedger();
  });
  afterAll(() => ledger.close());

  const visit = async (foreignAgent: string, coa: string, mobileNode: string): Promise<void> => {
    const registration = { mobileNode, foreignAgent, careOfAddress: coa, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
    accepted(await ledger.register(registration));
  };

  it.each(['0.0.0.0', '224.0.0.1', '255.255.255.255'])('denies %s, which is nobody\'s care-of address, with 77, and learns no agent from it', async (address) => {
    const body = { mobileNode: 'mn-nowhere', foreignAgent: 'fa-nowhere', careOfAddress: address, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
    expect(await ledger.register(body)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'registration-denied', facts: { code: 77 } } });
    expect(ledger.agents.agentOf(address)).toBeUndefined();
  });

  it('walks the case of the patent: two nodes, one correspondent node, the same ports', async () => {
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [careOfAddress] }));
    await visit('fa-1', careOfAddress, 'mn-1');
    await visit('fa-1', careOfAddress, 'mn-2');
    const first = accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress, mobileNode: 'mn-1', flow }));
    const second = accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress, mobileNode: 'mn-2', flow }));
    expect(first).toMatchObject({ outcome: 'configured', temporary: null, matched: [], stream: `flowTable-fa-1@${careOfAddress}` });
    expect(second).toMatchObject({
      outcome: 'configured',
      temporary: { field: 'sourcePort', value: 49152 },
      effective: { source: '192.0.2.7', destination: careOfAddress, protocol: 17, sourcePort: 49152, destinationPort: 5004 },
      matched: [{ sessionId: first.sessionId, mobileNode: 'mn-1', state: 'live' }],
    });
    const again = accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress, mobileNode: 'mn-2', flow }));
    expect(again).toMatchObject({ outcome: 'refreshed', revision: second.revision, position: second.position });
    const released = accepted(await ledger.release({ sessionId: first.sessionId }));
    expect(released.outcome).toBe('released');
    const twice = accepted(await ledger.release({ sessionId: first.sessionId }));
    expect(twice).toEqual({ ...released, outcome: 'already-released' });
  });

  it('a token bucket is one of 32-bit floats: the same bits again are a refresh', async () => {
    await visit('fa-1', careOfAddress, 'mn-bits');
    const of = { foreignAgent: 'fa-1', careOfAddress, mobileNode: 'mn-bits', flow: { ...flow, sourcePort: 4711 } };
    const bits = (tspec: { r: number; p?: number | 'Infinity' }) => ({ ...of, tspec: { b: 0.2, p: 0.3, m: 0, M: 1500, ...tspec } });
    accepted(await ledger.configure(bits({ r: 0.1 })));
    expect(accepted(await ledger.configure(bits({ r: 0.10000000149011612, p: 0.30000001192092896 })))).toMatchObject({ outcome: 'refreshed' });
    expect(accepted(await ledger.configure(bits({ r: 0.2 })))).toMatchObject({ outcome: 'modified' });
    expect(accepted(await ledger.configure(bits({ r: 0.2, p: 'Infinity' })))).toMatchObject({ outcome: 'modified' });
  });

  it('refuses without a binding, and appends nothing', async () => {
    const before = await ledger.store.head();
    const outcome = await ledger.configure({ foreignAgent: 'nowhere', careOfAddress: '198.51.100.99', mobileNode: 'mn-1', flow });
    expect(outcome).toMatchObject({ outcome: 'refused', rejection: { rejection: 'no-binding' } });
    expect(await ledger.store.head()).toBe(before);
  });

  it('a refusal where nothing is known holds as of the ledger\'s end', async () => {
    const head = await ledger.store.head();
    const outcome = await ledger.configure({ foreignAgent: 'nowhere', careOfAddress: '198.51.100.98', mobileNode: 'nobody', flow });
    expect(outcome).toMatchObject({ outcome: 'refused', rejection: { rejection: 'no-binding' }, position: `${head}` });
    expect(head).toBeGreaterThan(0n);
  });

  it('a read at the position of a registration, or of its renewal, shows the visitor', async () => {
    const body = { mobileNode: 'mn-renews', foreignAgent: 'fa-6', careOfAddress: '198.51.100.6', homeAgent: '203.0.113.1', homeAddress: '10.0.0.6', lifetimeSeconds: 60 };
    for (const lifetimeSeconds of [60, 600]) {
      const { position, expiresAt } = accepted(await ledger.register({ ...body, lifetimeSeconds }));
      await ledger.runner.waitFor(BigInt(position), 20_000);
      const { rows } = await ledger.database.pool.query<{ expires_at: string }>(
        `select to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as expires_at from projection.visitors
          where mobile_node = 'mn-renews' and to_position is null and from_position <= $1`, [position]);
      expect(rows).toEqual([{ expires_at: expiresAt }]);
    }
  });

  it('F10 gives 200 simultaneous claims of one flow id one native and 199 distinct temporary ids, over two servers', async () => {
    const other = await openTestLedger(Date.now, ledger.database);
    try {
      const coa = '198.51.100.10';
      const nodes = Array.from({ length: 200 }, (_, index) => `claimant-${index}`);
      await Promise.all(nodes.map((node) => visit('fa-10', coa, node)));
      const answers = await Promise.all(
        nodes.map((mobileNode, index) => (index % 2 ? ledger : other).configure({ foreignAgent: 'fa-10', careOfAddress: coa, mobileNode, flow })),
      );
      const temporary = answers.map((answer) => accepted(answer).temporary);
      expect(temporary.filter((id) => id === null)).toHaveLength(1);
      expect(new Set(temporary.filter((id) => id !== null).map((id) => id.value)).size).toBe(199);
      const matches = answers.filter((answer) => accepted(answer).matched.length > 0);
      expect(matches).toHaveLength(199);
    } finally {
      await other.close();
    }
  });

  describe('F11 the same Idempotency-Key', () => {
    const claim = { foreignAgent: 'fa-1', careOfAddress, mobileNode: 'mn-1', flow: { ...flow, sourcePort: 4711 } };

    it('gets the first answer again, also on another server and after the tables know it', async () => {
      const context = { idempotencyKey: 'key-1' };
      const first = await ledger.configure(claim, context);
      const head = await ledger.store.head();
      expect(await ledger.configure(claim, context)).toEqual({ ...first, replayed: true });
      const other = await openTestLedger(Date.now, ledger.database);
      try {
        expect(await other.configure(claim, context)).toEqual({ ...first, replayed: true });
        await other.runner.waitFor(head, 20_000);
      } finally {
        await other.close();
      }
      const third = await openTestLedger(Date.now, ledger.database);
      try {
        expect(await third.configure(claim, context)).toEqual({ ...first, replayed: true });
      } finally {
        await third.close();
      }
      expect(await ledger.store.head()).toBe(head);
    });

    it('F9 tells the scope of a registration whose first try ended between its two appends, before it is answered', async () => {
      const registration = { mobileNode: 'mn-torn', foreignAgent: 'fa-1', careOfAddress, homeAgent: '203.0.113.1', homeAddress: '10.0.0.8', lifetimeSeconds: 600 };
      for (const [lifetimeSeconds, configured] of [[600, 'accepted'], [0, 'refused']] as const) {
        const context = { idempotencyKey: `torn-${lifetimeSeconds}` };
        // Lifetime 0 that ends the last binding is a handoff, home.
        const tell = lifetimeSeconds > 0
          ? jest.spyOn(ledger.registrations, 'tellScopes').mockRejectedValueOnce(new Error('killed here'))
          : jest.spyOn(ledger.handoffs, 'run').mockRejectedValueOnce(new Error('killed here'));
        await expect(ledger.register({ ...registration, lifetimeSeconds }, context)).rejects.toThrow('killed here');
        tell.mockRestore();
        expect(await ledger.register({ ...registration, lifetimeSeconds }, context)).toMatchObject({ outcome: 'accepted', replayed: true });
        const own = { ...flow, sourcePort: 4800 + lifetimeSeconds };
        expect((await ledger.configure({ foreignAgent: 'fa-1', careOfAddress, mobileNode: 'mn-torn', flow: own })).outcome).toBe(configured);
        const head = await ledger.store.head();
        await ledger.register({ ...registration, lifetimeSeconds }, context);
        expect(await ledger.store.head()).toBe(head);
      }
    });

    it('is one execution when its callers come at once', async () => {
      const context = { idempotencyKey: 'key-2' };
      const body = { ...claim, flow: { ...flow, sourcePort: 4712 } };
      const answers = await Promise.all(Array.from({ length: 20 }, () => ledger.configure(body, context)));
      expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
      expect(new Set(answers.map((answer) => accepted(answer).position)).size).toBe(1);
    });

    it('with another body is one command, also where two servers are asked at once and the tables stand still', async () => {
      const other = await openTestLedger(Date.now, ledger.database);
      const held = await ledger.database.pool.connect();
      try {
        await held.query('begin; lock table projection.checkpoints in exclusive mode');
        for (const round of [1, 2, 3, 4]) {
          const context = { idempotencyKey: `at-once-${round}` };
          const asked = [ledger.configure({ ...claim, flow: { ...flow, sourcePort: 4900 + round } }, context), other.configure({ ...claim, mobileNode: 'mn-2' }, context)];
          const answers = await Promise.allSettled(asked);
          expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
          const refused = answers.find((answer) => answer.status === 'rejected')!;
          expect(refused.reason).toBeInstanceOf(IdempotencyKeyReused);
          // Behind it, too, on either.
          const second = answers[0]!.status === 'rejected' ? ledger : other;
          await expect(second.configure({ ...claim, mobileNode: 'mn-3' }, context)).rejects.toThrow(IdempotencyKeyReused);
        }
      } finally {
        await held.query('rollback');
        held.release();
        await other.close();
      }
    });

    it('of what appended to several streams has the same position for ever', async () => {
      const registration = { mobileNode: 'mn-kept', foreignAgent: 'fa-1', careOfAddress, homeAgent: '203.0.113.1', homeAddress: '10.0.0.12', lifetimeSeconds: 600 };
      const first = await ledger.register(registration, { idempotencyKey: 'kept' });
      await ledger.runner.waitFor(await ledger.store.head(), 20_000);
      await ledger.database.pool.query(`update ledger.command_answers set answered_at = now() - interval '25 hours'`);
      const later = await openTestLedger(Date.now, ledger.database);
      try {
        expect(await later.register(registration, { idempotencyKey: 'kept' })).toEqual({ ...first, replayed: true });
      } finally {
        await later.close();
      }
    });

    it('with another body is refused, whether the first answer stands in events or beside the log', async () => {
      await expect(ledger.configure({ ...claim, mobileNode: 'mn-2' }, { idempotencyKey: 'key-1' })).rejects.toThrow(IdempotencyKeyReused);
      const nowhere = { ...claim, foreignAgent: 'nowhere' };
      const refused = await ledger.configure(nowhere, { idempotencyKey: 'key-3' });
      expect(await ledger.configure(nowhere, { idempotencyKey: 'key-3' })).toEqual({ ...refused, replayed: true });
      await expect(ledger.configure(claim, { idempotencyKey: 'key-3' })).rejects.toThrow(IdempotencyKeyReused);
    });
  });

  it('F12 refuses a change of a session that changed since, and appends nothing', async () => {
    const body = { foreignAgent: 'fa-1', careOfAddress, mobileNode: 'mn-1', flow: { ...flow, sourcePort: 4713 } };
    const first = await ledger.configure(body);
    const etag = first.outcome === 'accepted' ? first.etag : null;
    const changed = await ledger.configure({ ...body, refreshPeriodMs: 10_000 }, { ifMatch: etag });
    expect(accepted(changed).outcome).toBe('modified');
    const head = await ledger.store.head();
    const late = ledger.configure({ ...body, refreshPeriodMs: 20_000 }, { ifMatch: etag });
    await expect(late).rejects.toThrow(PreconditionFailed);
    expect(await ledger.store.head()).toBe(head);
  });

  it('F12 holds the tag of now against the session of now, also on a server that knew it otherwise, or elsewhere', async () => {
    const other = await openTestLedger(Date.now, ledger.database);
    try {
      await visit('fa-8', '198.51.108.1', 'mn-8');
      const body = { foreignAgent: 'fa-8', careOfAddress: '198.51.108.1', mobileNode: 'mn-8', flow };
      const { sessionId } = accepted(await other.configure(body));
      const { etag } = (await ledger.configure({ ...body, refreshPeriodMs: 10_000 })) as { etag: string };
      expect(accepted(await other.configure({ ...body, refreshPeriodMs: 20_000 }, { ifMatch: etag })).outcome).toBe('modified');
      await ledger.provision({ foreignAgent: 'fa-9', careOfAddresses: ['198.51.109.1'] });
      await ledger.startHandoff({ mobileNode: 'mn-8', foreignAgent: 'fa-9', careOfAddress: '198.51.109.1' });
      const there = { ...body, foreignAgent: 'fa-9', careOfAddress: '198.51.109.1' };
      const moved = (await ledger.configure(there)) as { etag: string };
      expect(accepted(await other.release({ sessionId }, { ifMatch: moved.etag })).outcome).toBe('released');
    } finally {
      await other.close();
    }
  });

  it('repeats the second append of a registration that a crash left out', async () => {
    const identity = { commandId: '3f0a3c1e-58a4-4d0e-9d6e-1f2f3a4b5c6d', idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'commanded' as const };
    await ledger.mailboxes.mobileNode('mn-crash').send({
      identity: { ...identity, correlationId: identity.commandId, causationId: identity.commandId },
      command: {
        type: 'Register', mobileNode: 'mn-crash', foreignAgent: 'fa-1', careOfAddress, homeAgent: '203.0.113.1', homeAddress: '10.0.0.77',
        lifetimeSeconds: 600, identification: null, flags: [], careOfAddressValid: true, nonce: 0,
        policy: { replayProtection: 'rising', maximumLifetimeSeconds: 65535 },
      },
    });
    const claim = { foreignAgent: 'fa-1', careOfAddress, mobileNode: 'mn-crash', flow: { ...flow, sourcePort: 4999 } };
    expect((await ledger.configure(claim)).outcome).toBe('refused');
    await ledger.process.catchUp();
    expect(accepted(await ledger.configure(claim)).outcome).toBe('configured');
    const head = await ledger.store.head();
    await ledger.process.catchUp();
    expect(await ledger.store.head()).toBe(head);
  });

  it('withdraws the addresses that an agent dropped also behind a crash', async () => {
    const [kept, dropped] = ['198.51.107.1', '198.51.107.2'] as const;
    accepted(await ledger.provision({ foreignAgent: 'fa-7', careOfAddresses: [kept, dropped] }));
    await visit('fa-7', dropped, 'mn-dropped');
    const withdraw = jest.spyOn(ledger.scopes, 'withdraw').mockRejectedValueOnce(new Error('killed here'));
    await expect(ledger.provision({ foreignAgent: 'fa-7', careOfAddresses: [kept] })).rejects.toThrow('killed here');
    withdraw.mockRestore();
    await ledger.process.catchUp();
    expect(ledger.mailboxes.flowTable('fa-7', dropped).fold.state.visitors.size).toBe(0);
    expect(ledger.mailboxes.mobileNode('mn-dropped').fold.state.bindings.size).toBe(0);
  });

  it('releases the sessions of a node before its deregistration is answered', async () => {
    await visit('fa-2', '198.51.100.2', 'mn-9');
    const claim = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2', mobileNode: 'mn-9', flow };
    accepted(await ledger.configure(claim));
    const home = { mobileNode: 'mn-9', foreignAgent: 'fa-2', careOfAddress: '198.51.100.2', homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 0 };
    expect(accepted(await ledger.register(home))).toMatchObject({ code: 0, grantedLifetimeSeconds: 0, expiresAt: null });
    expect(await ledger.configure(claim)).toMatchObject({ rejection: { rejection: 'no-binding' } });
    const events = await ledger.history();
    expect(events.filter((line) => line.startsWith('flowTable-fa-2@')).slice(-2)).toEqual([
      'flowTable-fa-2@198.51.100.2 VisitorLeft',
      'flowTable-fa-2@198.51.100.2 QosSessionReleased',
    ]);
  });

  it('removes an agent with live sessions only by force', async () => {
    await visit('fa-3', '198.51.100.3', 'mn-3');
    accepted(await ledger.configure({ foreignAgent: 'fa-3', careOfAddress: '198.51.100.3', mobileNode: 'mn-3', flow }));
    expect(await ledger.remove({ foreignAgent: 'fa-3', force: false })).toMatchObject({ rejection: { rejection: 'foreign-agent-in-use' } });
    expect(accepted(await ledger.remove({ foreignAgent: 'fa-3', force: true }))).toMatchObject({ foreignAgent: 'fa-3', released: 1 });
    expect((await ledger.history()).at(-1)).toBe('flowTable-fa-3@198.51.100.3 ScopeWithdrawn');
  });

  it("takes no agent's care-of address for a node's own", async () => {
    const registration = { mobileNode: 'mn-own', careOfAddress, homeAgent: '203.0.113.1', homeAddress: '10.0.0.13', lifetimeSeconds: 600 };
    for (const own of [{ foreignAgent: 'direct' }, { foreignAgent: 'fa-1', flags: ['D' as const] }]) {
      const { rejection } = (await ledger.register({ ...registration, ...own })) as { readonly rejection?: unknown };
      expect(rejection).toMatchObject({ rejection: 'care-of-address-taken', facts: { careOfAddress, foreignAgent: 'fa-1' } });
    }
    accepted(await ledger.register({ ...registration, foreignAgent: 'direct', careOfAddress: '192.0.2.200' }));
  });

  it('F33 a deregistration through nobody we know is protected as its binding is', async () => {
    const coa = '198.51.108.1';
    accepted(await ledger.provision({ foreignAgent: 'fa-8', careOfAddresses: [coa], policy: { replayProtection: 'nonces' } }));
    const node = { mobileNode: 'mn-nonces', homeAgent: '203.0.113.1', homeAddress: '10.0.0.14' };
    const first = accepted(await ledger.register({ ...node, foreignAgent: 'fa-8', careOfAddress: coa, lifetimeSeconds: 600, identification: '1' }));
    const leave = (terms: object) => ledger.register({ ...node, lifetimeSeconds: 0, ...terms });
    for (const way of [{ foreignAgent: 'nobody', careOfAddress: coa }, { foreignAgent: 'direct', careOfAddress: '10.0.0.14' }]) {
      expect(await leave(way)).toMatchObject({ rejection: { rejection: 'registration-denied', facts: { code: 133 } } });
    }
    expect(first.careOfAddress).toBe(coa);
    expect(ledger.mailboxes.mobileNode('mn-nonces').fold.state.bindings.size).toBe(1);
  });

  it('denies what RFC 5944 denies, with its code', async () => {
    accepted(await ledger.provision({ foreignAgent: 'fa-4', careOfAddresses: ['198.51.100.4'] }));
    const body = { mobileNode: 'mn-4', foreignAgent: 'fa-4', careOfAddress: '198.51.100.40', homeAgent: '203.0.113.1', homeAddress: '10.0.0.4', lifetimeSeconds: 60 };
    accepted(await ledger.provision({ foreignAgent: 'fa-40', careOfAddresses: ['198.51.100.41'] }));
    // Nobody's, and another agent's.
    for (const careOfAddress of ['198.51.100.40', '198.51.100.41']) {
      expect(await ledger.register({ ...body, careOfAddress })).toMatchObject({ rejection: { rejection: 'registration-denied', facts: { code: 77 } } });
    }
    const here = { ...body, careOfAddress: '198.51.100.4', identification: '18446744073709551615' };
    expect(accepted(await ledger.register(here)).code).toBe(0);
    expect(await ledger.register(here)).toMatchObject({ rejection: { rejection: 'registration-denied', facts: { code: 133 } } });
    expect(await ledger.register({ ...body, foreignAgent: 'fa-5', careOfAddress: '198.51.100.4' })).toMatchObject({ rejection: { rejection: 'care-of-address-taken' } });
  });
});
