import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runVerb } from '../run-verb.testing';

describe('simulate', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'simulate-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const small = ['--mobile-nodes', '10', '--duration', '60', '--handoffs', '10'];
  const digestOf = async (file: string): Promise<string> => createHash('sha256').update(await readFile(file)).digest('hex');
  const at = (name: string): string => path.join(folder, name);

  it('makes the same bytes of the same seed and options, whatever their order', async () => {
    await runVerb(['simulate', ...small, '--styles', 'SE,FF', '--loss', '0.1', '--pcap', at('one.pcap')]);
    await runVerb(['simulate', '--loss', '0.1', '--styles', 'FF,SE', ...small, '--pcap', at('two.pcap')]);
    await runVerb(['simulate', ...small, '--styles', 'SE,FF', '--pcap', at('three.pcap')]);
    expect(await digestOf(at('one.pcap'))).toBe(await digestOf(at('two.pcap')));
    expect(await digestOf(at('one.pcap'))).not.toBe(await digestOf(at('three.pcap')));
  });

  it('writes the truth beside the bytes, a line of JSON a record', async () => {
    const { code } = await runVerb(['simulate', ...small, '--pcap', at('network.pcap'), '--truth', at('network.ndjson')]);
    expect(code).toBe(0);
    const records = (await readFile(at('network.ndjson'), 'utf8')).trimEnd().split('\n').map(line => JSON.parse(line) as { record: string });
    expect(new Set(records.map(({ record }) => record))).toEqual(new Set(['session', 'stay', 'handoff', 'reboot']));
    expect(records.find(({ record }) => record === 'session')).toMatchObject({ session: expect.any(Number), mobileNode: expect.anything(), legs: [expect.objectContaining({ careOfAddress: expect.any(String) })] });
  });

  it('names the file that cannot be written', async () => {
    const { code, errors } = await runVerb(['simulate', ...small, '--pcap', at('network.pcap'), '--truth', at('no/such/folder')]);
    expect(code).toBe(1);
    expect(errors.join(' ')).toContain('no/such/folder cannot be written (ENOENT)');
  });

  it.each([
    [['--loss', '1.5'], 'from 0 to 1'],
    [['--loss', 'some'], 'from 0 to 1'],
    [['--styles', 'FF,XX'], 'FF, SE and WF'],
    [['--reboots', '-1'], 'whole number'],
    [['--clock-skew', '1e9'], 'It must be a number'],
  ])('refuses %j as wrong use', async (options, told) => {
    const { code, errors } = await runVerb(['simulate', ...options, '--pcap', at('network.pcap')]);
    expect(code).toBe(2);
    expect(errors.join(' ')).toContain(told);
  });
});
