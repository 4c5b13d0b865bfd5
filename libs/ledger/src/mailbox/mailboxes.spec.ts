import { MemoryEventStore } from '#event-store';
import type { CommandIdentity } from '../idempotency/command-identity';
import { Mailboxes } from './mailboxes';

const identity: CommandIdentity = {
  commandId: '6b1f0e0e-3f0a-4c57-8f7a-0a2b3c4d5e6f', idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'commanded',
  correlationId: 'c', causationId: 'c',
};

describe('Mailboxes', () => {
  const admit = (mailboxes: Mailboxes, careOfAddress: string, commandId: string) =>
    mailboxes.flowTable('fa-1', careOfAddress).send({
      identity: { ...identity, commandId },
      command: { type: 'AdmitVisitor', mobileNode: 'mn-1', homeAddress: '10.0.0.1', homeAgent: '203.0.113.1', expiresAt: null, registrationRevision: 0n },
    });

  it('holds a scope that is larger than the bound, alone', async () => {
    const mailboxes = new Mailboxes(new MemoryEventStore(), () => 0, 10_000);
    await admit(mailboxes, '198.51.100.1', '00000000-0000-4000-8000-000000000001');
    const held = mailboxes.flowTable('fa-1', '198.51.100.1');
    await held.settled();
    expect(held.fold.bytes).toBeGreaterThan(10_000);
    expect(mailboxes.flowTable('fa-1', '198.51.100.1')).toBe(held);
    await admit(mailboxes, '198.51.100.2', '00000000-0000-4000-8000-000000000002');
    expect(mailboxes.flowTable('fa-1', '198.51.100.1')).not.toBe(held);
  });

  it('folds again what it dropped', async () => {
    const mailboxes = new Mailboxes(new MemoryEventStore(), () => 0, 10_000);
    await admit(mailboxes, '198.51.100.1', '00000000-0000-4000-8000-000000000001');
    await admit(mailboxes, '198.51.100.2', '00000000-0000-4000-8000-000000000002');
    const { events, revision } = await admit(mailboxes, '198.51.100.1', '00000000-0000-4000-8000-000000000003');
    expect({ events, revision }).toEqual({ events: [], revision: 0n });
  });
});
