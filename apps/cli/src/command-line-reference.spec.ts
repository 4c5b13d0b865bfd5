import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { commandLineReference } from './command-line-reference';
import { buildProgram } from './program';
import { Output } from './terminal/output';
import { colorsFor } from './terminal/table';

describe('docs/reference/command-line.md', () => {
  it('says what the program takes', () => {
    const file = path.join(process.cwd(), 'docs/reference/command-line.md');
    const output = new Output(new PassThrough());
    const cli = { env: {}, stdin: new PassThrough(), out: output, err: output, colors: colorsFor(false, {}), interrupted: new AbortController().signal };
    const made = commandLineReference(buildProgram(cli, () => undefined));
    if (process.env['WRITE_REFERENCE']) writeFileSync(file, made);
    expect(readFileSync(file, 'utf8')).toBe(made);
  });
});
