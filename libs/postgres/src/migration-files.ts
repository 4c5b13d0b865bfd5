import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

export interface Migration {
  readonly number: number;
  /** The file's name without `.sql`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text with LF line ends: a checkout may have turned them. */
  readonly checksum: string;
}

/** `migrations/` of this program: the same folder, whether the code runs from its source or from dist. */
export function migrationsDirectory(): string {
  for (let directory = __dirname; ; directory = path.dirname(directory)) {
    const candidate = path.join(directory, 'migrations');
    if (fs.existsSync(path.join(directory, 'package.json')) && fs.existsSync(candidate)) return candidate;
    if (directory === path.dirname(directory)) throw new Error(`No folder 'migrations' beside a package.json above ${__dirname}: the installation is incomplete.`);
  }
}

/** Reads `NNNN-name.sql`, numbered from 0001 without gaps. */
export function readMigrations(directory: string): readonly Migration[] {
  const files = fs.readdirSync(directory).filter((name) => /^\d+.*\.sql$/.test(name)).sort();
  return files.map((file, index) => {
    const [, digits, name] = /^(\d{4})(-[a-z0-9-]+)\.sql$/.exec(file) ?? [];
    if (digits === undefined || name === undefined) throw new Error(`${file}: a migration is named NNNN-some-name.sql.`);
    if (Number(digits) !== index + 1) throw new Error(`${file}: the migrations have a gap or a number twice; ${String(index + 1).padStart(4, '0')} was expected.`);
    const sql = fs.readFileSync(path.join(directory, file), 'utf8').replaceAll('\r\n', '\n');
    if (/^(begin|commit|rollback|start transaction)( work| transaction)?\s*;/im.test(sql)) throw new Error(`${file}: a migration runs in one transaction and must not begin or end one itself.`);
    return { number: index + 1, name: `${digits}${name}`, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
}
