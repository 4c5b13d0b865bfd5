import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runVerb } from '../run-verb.testing';

const captures = path.resolve(process.cwd(), '../shared/captures');
const withCaptures = existsSync(captures) ? describe : describe.skip;
if (!existsSync(captures)) console.warn('The recorded captures are not here: decode is not run over them.');

withCaptures('decode, over recorded captures', () => {
  const file = (name: string): string => path.join(captures, name);

  it('tells one document a message with --json, in capture order', async () => {
    const { code, lines } = await runVerb(['decode', '--json', file('rsvp/cisco-path-resv-conf.pcap')]);
    const documents = lines.map(line => JSON.parse(line));
    expect(code).toBe(0);
    expect(documents.map(({ frame, message }) => [frame, message])).toEqual([[1, 'path'], [2, 'resv'], [3, 'resv-conf']]);
    expect(documents[0]).toMatchObject({ protocol: 'rsvp', source: '10.1.24.4', session: { destination: '10.1.12.1', protocol: 17, destinationPort: 16388 } });
    expect(documents[1].style).toBe('FF');
  });

  it('reads the same from standard input, through chunks of any size', async () => {
    const name = file('mobile-ip/away-foreign.pcap');
    const fromFile = await runVerb(['decode', '--json', name]);
    const fromInput = await runVerb(['decode', '--json', '-'], { stdin: [...readFileSync(name)].map(byte => Uint8Array.of(byte)) });
    expect(fromInput).toEqual(fromFile);
    expect(fromFile.lines.length).toBeGreaterThan(3);
  });

  it.each(readdirSync(file('malformed')))('F32 reports what cannot be read in %s, and ends with 1', async name => {
    const { code, lines } = await runVerb(['decode', '--json', file(`malformed/${name}`)]);
    const errors = lines.map(line => JSON.parse(line)).filter(document => 'error' in document);
    expect(errors.length > 0 ? 1 : 0).toBe(code);
    for (const error of errors) expect(error).toEqual({ frame: expect.any(Number), error: expect.any(String), offset: expect.any(Number) });
  });

  it('shows a person what it was, and what was odd about it', async () => {
    const { lines } = await runVerb(['decode', file('rsvp/cisco-path-resv-conf.pcap')], { terminal: 120 });
    expect(lines[0]).toContain('10.1.24.4 → 10.1.12.1');
    expect(lines.join('\n')).toContain('! minimum-policed-unit-zero');
    expect(lines.at(-1)).toBe('3 frames; 1 path, 1 resv, 1 resv-conf; 5 violations');
  });
});

describe('decode', () => {
  it('ends with 2 and a sentence where a file is not there, and where none is named', async () => {
    expect(await runVerb(['decode', '/nowhere/x.pcap'])).toEqual({ code: 2, lines: [], errors: ['There is no file /nowhere/x.pcap.'] });
    expect((await runVerb(['decode'])).code).toBe(2);
  });

  it('F32 says that something else is no capture', async () => {
    const { code, lines } = await runVerb(['decode', '--json', '-'], { stdin: [Buffer.from('GIF89a and no capture')] });
    expect(code).toBe(1);
    expect(lines.map(line => JSON.parse(line))).toEqual([{ frame: 1, error: 'this is neither pcap nor pcapng', offset: 0 }]);
  });
});
