import fs from 'node:fs';

/**
 * A new directory for the unix socket, only for its owner and with a name that nobody can guess or take beforehand. Short, because
 * the path of a socket holds 107 bytes at most. The note tells `psql -h` where it is, and the next start what to remove.
 */
export function createSocketDirectory(note: string): string {
  if (fs.existsSync(note)) {
    const old = fs.readFileSync(note, 'utf8').trim();
    if (/^\/tmp\/ledger-[A-Za-z0-9]{6}$/.test(old)) fs.rmSync(old, { recursive: true, force: true });
  }
  const directory = fs.mkdtempSync('/tmp/ledger-');
  fs.writeFileSync(note, `${directory}\n`);
  return directory;
}
