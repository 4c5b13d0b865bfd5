import { readFileSync } from 'node:fs';
import path from 'node:path';
import { rejectionCatalogue } from './rejection';

describe('docs/reference/refusals.md', () => {
  it('holds the catalogue, in its order of precedence', () => {
    const page = readFileSync(path.resolve(process.cwd(), 'docs/reference/refusals.md'), 'utf8');
    const rows = [...page.matchAll(/^\| \d+ \| `([a-z-]+)` \| (.*?) \|$/gm)].map(([, name, meaning]) => [name, meaning]);
    expect(rows).toEqual(Object.entries(rejectionCatalogue));
  });
});
