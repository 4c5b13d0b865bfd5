import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, printable, readConfig } from './config';
import { actorOf } from './tokens';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the configuration', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ledger-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const tokensFile = (content: string): string => {
    const file = path.join(folder, `tokens-${sha256(content).slice(0, 8)}`);
    writeFileSync(file, content);
    return file;
  };

  it('has a default for everything', () => {
    expect(readConfig({}, { XDG_DATA_HOME: '/data' })).toEqual({
      host: '127.0.0.1',
      port: 7434,
      dataDir: '/data/qos-ledger',
      databaseUrl: null,
      eventStore: 'postgres',
      logLevel: 'info',
      tokensFile: null,
      tokens: [],
      stateBytes: 268_435_456,
    });
  });

  it('lets a flag win over the environment, and takes an empty variable as one that is not set', () => {
    expect(readConfig({ LEDGER_PORT: '1' }, { LEDGER_PORT: '2' }).port).toBe(1);
    expect(readConfig({}, { LEDGER_PORT: '' }).port).toBe(7434);
  });

  it('given a data directory as a flag and a database in the environment, opens the data directory', () => {
    const environment = { LEDGER_DATABASE_URL: 'postgres://db/l', LEDGER_DATA_DIR: '/theirs' };
    expect(readConfig({ LEDGER_DATA_DIR: '/mine' }, environment)).toMatchObject({ dataDir: '/mine', databaseUrl: null });
    expect(readConfig({}, environment).databaseUrl).toBe('postgres://db/l');
    expect(readConfig({ LEDGER_DATA_DIR: '/mine', LEDGER_DATABASE_URL: 'postgres://db/m' }, environment).databaseUrl).toBe('postgres://db/m');
  });

  it.each([
    ['LEDGER_PORT', '65536'],
    ['LEDGER_PORT', '0x10'],
    ['LEDGER_PORT', ' 80'],
    ['LEDGER_HOST', 'a b'],
    ['LEDGER_LOG_LEVEL', 'loud'],
    ['LEDGER_STATE_BYTES', '1e9'],
    ['LEDGER_DATABASE_URL', 'mysql://localhost'],
    ['LEDGER_EVENT_STORE', 'http://localhost:2113'],
    ['LEDGER_TOKENS_FILE', '/nowhere/tokens'],
  ])('refuses %s=%s in one sentence that names the variable', (name, value) => {
    expect(() => readConfig({ [name]: value }, {})).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value }, {})).toThrow(new RegExp(`^${name} .*\\.$`));
  });

  it('refuses a host that others can reach while there are no tokens', () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'ledger.example.net']) {
      expect(() => readConfig({ LEDGER_HOST: host }, {})).toThrow(/^LEDGER_HOST .*LEDGER_TOKENS_FILE/);
    }
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) expect(readConfig({ LEDGER_HOST: host }, {}).host).toBe(host);
    expect(readConfig({ LEDGER_HOST: '0.0.0.0', LEDGER_TOKENS_FILE: tokensFile(`fa-1 writer ${sha256('x')}`) }, {}).host).toBe('0.0.0.0');
  });

  it('names the line of a tokens file that is wrong', () => {
    for (const line of ['fa-1 writer', `fa-1 owner ${sha256('x')}`, `f/a admin ${sha256('x')}`, `a admin ${sha256('x')} more`]) {
      expect(() => readConfig({ LEDGER_TOKENS_FILE: tokensFile(`# ours\n\n${line}\n`) }, {})).toThrow(/^LEDGER_TOKENS_FILE names .* line 3 /);
    }
    expect(() => readConfig({ LEDGER_TOKENS_FILE: tokensFile('# none\n') }, {})).toThrow(/no token at all/);
  });

  it('knows a token again by its digest', () => {
    const { tokens } = readConfig({ LEDGER_TOKENS_FILE: tokensFile(`ops admin ${sha256('s3cret')} # us\nfa-1 writer ${sha256('other')}\n`) }, {});
    expect(actorOf(tokens, 'Bearer s3cret')).toMatchObject({ name: 'ops', role: 'admin' });
    expect(actorOf(tokens, 'bearer other')).toMatchObject({ name: 'fa-1', role: 'writer' });
    for (const header of [undefined, '', 'Bearer', 'Bearer s3cre', 'Basic s3cret', 's3cret', `Bearer ${sha256('s3cret')}`, 'Bearer s3cret other']) {
      expect(actorOf(tokens, header)).toBeNull();
    }
  });

  it('hides secrets when it is printed', () => {
    const printed = JSON.stringify(
      printable(readConfig({ LEDGER_DATABASE_URL: 'postgres://u:hush@db/l?sslpassword=hush', LEDGER_EVENT_STORE: 'esdb://admin:hush@es:2113?tls=false' }, {})),
    );
    expect(printed).toContain('db/l');
    expect(printed).toContain('es:2113');
    expect(printed).not.toContain('hush');
  });
});
