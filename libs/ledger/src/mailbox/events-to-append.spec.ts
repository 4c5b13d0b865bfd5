import type { LedgerEvent } from '#domain';
import { canonicalJson } from './canonical-json';
import type { CommandIdentity } from '../idempotency/command-identity';
import { eventsToAppend } from './events-to-append';

const identity: CommandIdentity = {
  commandId: '5d7e4a52-8c38-5a7e-8f6e-0f7b1c9d2e33', idempotencyKey: 'key', bodyDigest: 'd', actor: 'fa-1', origin: 'observed', correlationId: 'c',
  causationId: 'e', capture: 'f'.repeat(64), frame: '7', messageDigest: 'm', handoffId: 'h',
};
const left = (mobileNode: string): LedgerEvent => ({
  type: 'VisitorLeft', mobileNode, cause: 'deregistration', registrationRevision: '3', occurredAt: '2026-01-01T00:00:00.000Z',
} as unknown as LedgerEvent);

describe('eventsToAppend', () => {
  const events = eventsToAppend(identity, [left('mn-1'), left('mn-2')], 8n, 9n, { command: '{"type":"Tick"}', idempotencyKey: 'key', answer: '{"a":"\u00e9"}' });

  it('keeps payload and metadata as canonical JSON', () => {
    for (const { data, metadata } of events) {
      expect(data).toBe(canonicalJson(JSON.parse(data)));
      expect(metadata).toBe(canonicalJson(JSON.parse(metadata)));
    }
  });

  it('I7 a step that is repeated writes nothing under the id of another event', () => {
    const ids = (last: bigint): string[] => eventsToAppend({ ...identity, isStep: true }, [left('mn-1'), left('mn-2')], last, last, { command: '{}' }).map(({ id }) => id);
    expect(ids(8n)).toEqual(ids(8n));
    expect(new Set([...ids(8n), ...ids(10n), ...events.map(({ id }) => id)]).size).toBe(6);
  });

  it('names command, key and answer in the first event alone, and everything else in all', () => {
    const [first, second] = events.map(({ metadata }) => JSON.parse(metadata) as Record<string, string>);
    expect(first).toEqual({
      $causationId: 'e', $correlationId: 'c', actor: 'fa-1', answer: '{"a":"\u00e9"}', batchEnd: '9', bodyDigest: 'd', capture: 'f'.repeat(64),
      command: '{"type":"Tick"}', commandId: identity.commandId, frame: '7', handoffId: 'h', idempotencyKey: 'key', messageDigest: 'm', origin: 'observed', schemaVersion: '1',
    });
    const { answer: _answer, command: _command, idempotencyKey: _key, ...rest } = first!;
    expect(second).toEqual(rest);
  });
});
