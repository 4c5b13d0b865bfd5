import { captureOf, isInstalled, readWith } from './simulated-capture.testing';
import { CaptureDecoder } from '#signalling';

/** Decoders that share no line with ours; where they are not installed there is nothing to compare with. */
const describeTshark = isInstalled('tshark') ? describe : describe.skip;
const describeTcpdump = isInstalled('tcpdump') ? describe : describe.skip;

const capture = captureOf({ durationSeconds: 120 });

it('the capture that they read has IPv6, ESP, SESSION_ASSOC and a reboot in it', () => {
  const decoder = new CaptureDecoder();
  const rsvp = [...decoder.push(capture), ...decoder.end()].flatMap((result) => ('error' in result ? [] : [result.message]));
  expect(rsvp.some((message) => 'sessionAssoc' in message && message.sessionAssoc !== null)).toBe(true);
  expect(rsvp.some((message) => 'session' in message && message.session?.destination.includes(':'))).toBe(true);
  expect(rsvp.some((message) => 'session' in message && message.session?.generalized)).toBe(true);
  expect(rsvp.some((message) => message.kind === 'agent-advertisement' && message.sequenceNumber === 0)).toBe(true);
});

describeTshark('tshark (skipped where it is not installed)', () => {
  it('finds nothing malformed, no expert error, and the messages that we find', () => {
    const fields = ['frame.number', 'mip.type', 'rsvp.msg', 'ip.proto', '_ws.malformed', '_ws.expert.severity'];
    const { stdout, status } = readWith('tshark', ['-r', '{}', '-T', 'fields', ...fields.flatMap((field) => ['-e', field])], capture);
    expect(status).toBe(0);
    const rows = stdout.replace(/\n$/, '').split('\n').map((line) => line.split('\t'));
    const error = 8_388_608;
    expect(rows.filter((row) => row[4] !== '')).toEqual([]);
    expect(rows.filter((row) => (row[5] ?? '').split(',').some((severity) => Number(severity) >= error))).toEqual([]);

    const decoder = new CaptureDecoder();
    decoder.push(capture);
    decoder.end();
    const { messages, frames } = decoder.counts;
    expect(rows).toHaveLength(frames);
    const count = (column: number, value: string): number => rows.filter((row) => row[column] === value).length;
    expect(count(1, '1')).toBe(messages['registration-request']);
    expect(count(1, '3')).toBe(messages['registration-reply']);
    // Minimal encapsulation (protocol 55) is the one tunnel that tshark does not open.
    const inMinimal = rowsInMinimal();
    const types = { path: '1', resv: '2', 'resv-err': '4', 'path-tear': '5', 'resv-tear': '6', 'resv-conf': '7' };
    for (const [kind, type] of Object.entries(types)) expect([kind, count(2, type)]).toEqual([kind, (messages[kind] ?? 0) - (inMinimal.get(kind) ?? 0)]);
  });

  it('computes the checksums that we sent', () => {
    const checks = ['ip.check_checksum:TRUE', 'udp.check_checksum:TRUE', 'tcp.check_checksum:TRUE'].flatMap((option) => ['-o', option]);
    const { stdout, status } = readWith('tshark', ['-r', '{}', ...checks, '-V'], capture);
    expect(status).toBe(0);
    const told = [...stdout.matchAll(/^ *((?:Header |Message )?[Cc]hecksum: 0x.*)$/gm)].map((match) => match[1]!);
    expect(told.length).toBeGreaterThan(2_000);
    expect(told.filter((line) => !line.endsWith('[correct]'))).toEqual([]);
  });
});

describeTcpdump('tcpdump (skipped where it is not installed)', () => {
  it('reads every frame', () => {
    const { stdout, status } = readWith('tcpdump', ['-n', '-r', '{}'], capture);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(frameCount());
    expect(stdout).not.toMatch(/\[\|(?!.*esp)|bad |truncated|malformed/);
  });
});

function rowsInMinimal(): Map<string, number> {
  const decoder = new CaptureDecoder();
  const kinds = new Map<string, number>();
  for (const result of [...decoder.push(capture), ...decoder.end()]) {
    if ('error' in result || !result.tunnels.some(({ kind }) => kind === 'minimal')) continue;
    kinds.set(result.message.kind, (kinds.get(result.message.kind) ?? 0) + 1);
  }
  return kinds;
}

function frameCount(): number {
  const decoder = new CaptureDecoder();
  decoder.push(capture);
  decoder.end();
  return decoder.counts.frames;
}
