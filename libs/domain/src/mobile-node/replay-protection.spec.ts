import type { Policy } from '../flow/policy';
import { acceptedRecord, noReplayRecord, repliedRecord, replayFault, replayViolations, replyIdentification, type ReplayRecord } from './replay-protection';

const now = Date.UTC(2026, 0, 1);
const judged = (replayProtection: Policy['replayProtection'], record: Partial<ReplayRecord> = {}) => ({ replayProtection, record: { ...noReplayRecord, ...record }, now });
/** High and low 32 bits. */
const id = (high: number, low: number): string => String((BigInt(high) << 32n) | BigInt(low));
/** RFC 5944 §5.7.1: seconds since 1900 and their fraction. */
const ntp = (ms: number): string => id(Math.floor(ms / 1000) + 2_208_988_800, Math.ceil(((ms % 1000) * 2 ** 32) / 1000));

describe('what a home agent takes as a new Identification (RFC 5944 §5.7)', () => {
  test.each<[what: string, identification: string | null, ReturnType<typeof judged>, name: string | null, sentence: string | null]>([
    ['rising: the first of all, be it 0', '0', judged('rising'), null, null],
    ['rising: one above the highest', '101', judged('rising', { highest: 100n, last: 99n }), null, null],
    ['rising: the highest again', '100', judged('rising', { highest: 100n, last: 99n }), 'identification-not-rising', 'The identification 100 does not rise above 100'],
    ['rising: one above the last, but not the highest', '100', judged('rising', { highest: 101n, last: 99n }), 'identification-not-rising', 'The identification 100 does not rise above 101'],
    ['timestamps: 7 s behind the clock', ntp(now - 7_000), judged('timestamps'), null, null],
    ['timestamps: 7 s ahead of it', ntp(now + 7_000), judged('timestamps'), null, null],
    ['timestamps: more behind', ntp(now - 7_001), judged('timestamps'), 'identification-off-the-clock', 'The identification is more than 7 s away from the clock'],
    ['timestamps: more ahead', ntp(now + 7_001), judged('timestamps'), 'identification-off-the-clock', 'The identification is more than 7 s away from the clock'],
    ['timestamps: one that does not rise', ntp(now), judged('timestamps', { highest: BigInt(ntp(now)) }), 'identification-not-rising', `The identification ${ntp(now)} does not rise above ${ntp(now)}`],
    ['rising: the clock does not matter', '1', judged('rising'), null, null],
    ['nonces: any where none was given yet', id(5, 1), judged('nonces'), null, null],
    ['nonces: the one that was given, though it does not rise', id(5, 1), judged('nonces', { nonce: 5n, highest: 2n ** 63n }), null, null],
    ['nonces: another', id(6, 1), judged('nonces', { nonce: 5n }), 'identification-nonce-mismatch', `The identification ${id(6, 1)} does not begin with the nonce 5 that the last reply gave`],
    ['nonces: one that was used', id(5, 1), judged('nonces', { nonce: 5n, last: BigInt(id(5, 1)) }), 'identification-nonce-mismatch', `The identification ${id(5, 1)} was used before`],
  ])('%s', (_what, identification, by, name, sentence) => {
    expect(replayFault(identification, by)).toBe(sentence === null ? null : `${sentence}.`);
    expect(replayViolations(identification, by)).toEqual(name === null ? [] : [{ name, detail: `${sentence} (RFC 5944 §5.7).` }]);
  });
  test('who gives none is denied by timestamps and by nonces; of one that was seen nothing is said', () => {
    expect((['rising', 'timestamps', 'nonces'] as const).map((by) => replayFault(null, judged(by)))).toEqual([
      null, 'Replay protection by timestamps needs an identification.', 'Replay protection by nonces needs an identification.',
    ]);
    for (const by of ['rising', 'timestamps', 'nonces'] as const) expect(replayViolations(null, judged(by, { highest: 9n, nonce: 5n }))).toEqual([]);
  });
});

describe('what a home agent knows of a node afterwards', () => {
  test('I16 one that was accepted below the highest does not lower the bar', () => {
    const homeAddress = '10.0.0.5';
    const [here, there] = [{ careOfAddress: '198.51.100.1', homeAddress }, { careOfAddress: '198.51.101.1', homeAddress }] as const;
    const first = acceptedRecord({ ...noReplayRecord, nonce: 3n }, '100', here);
    expect(first).toEqual({ highest: 100n, last: 100n, lastCareOfAddress: '198.51.100.1', lastHomeAddress: homeAddress, nonce: 3n });
    const second = acceptedRecord(first, '99', there);
    expect(second).toEqual({ highest: 100n, last: 99n, lastCareOfAddress: '198.51.101.1', lastHomeAddress: homeAddress, nonce: 3n });
    expect(acceptedRecord(second, '101', here)).toEqual({ highest: 101n, last: 101n, lastCareOfAddress: '198.51.100.1', lastHomeAddress: homeAddress, nonce: 3n });
  });
  test('the high half of a reply is the nonce of the next request', () => {
    const before = { highest: 1n, last: 1n, lastCareOfAddress: '198.51.100.1', lastHomeAddress: '10.0.0.5', nonce: 2n };
    expect(repliedRecord(before, id(0xffffffff, 9))).toEqual({ ...before, nonce: 0xffffffffn });
  });
  test.each<[what: string, request: string | null, drawn: number, nonce: bigint | null, reply: string]>([
    ['a new nonce, and the low half of the request', id(77, 0xffffffff), 1000, null, id(1000, 0xffffffff)],
    ['without a request no low half', null, 1000, 5n, id(1000, 0)],
    ['what was drawn again is given as the next', id(1, 2), 1000, 1000n, id(1001, 2)],
    ['behind the last of 32 bits comes 0', id(1, 2), 0xffffffff, 0xffffffffn, id(0, 2)],
    ['the greatest that was not given before is given', id(1, 2), 0xffffffff, 0n, id(0xffffffff, 2)],
  ])('a reply gives %s', (_what, request, drawn, nonce, reply) => {
    expect(replyIdentification(request, drawn, { ...noReplayRecord, nonce })).toBe(reply);
  });
});
