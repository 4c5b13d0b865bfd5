import { openTestDatabase } from '#postgres/testing';
import { ConfigError, readConfig } from './config';
import { startService } from './service';
import { configureBody, scene, setScene, startTestService } from './service.testing';

describe('starting and stopping', () => {
  it('F20 answers 100 requests in flight when it is stopped, in less than 20 s', async () => {
    const service = await startTestService();
    await setScene(service);
    const answers = Array.from({ length: 100 }, (_, port) =>
      service.call('POST', '/v1/qos-sessions', { body: configureBody('mn-1', { ...scene.flow, sourcePort: port + 1 }) }),
    );
    // All are on their way, none is answered yet.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const began = Date.now();
    await service.stop();
    expect(Date.now() - began).toBeLessThan(20_000);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(new Array(100).fill(201));
    await expect(service.call('GET', '/health/live')).rejects.toThrow('fetch failed');
    await service.close();
  });

  it('refuses a port that is taken in one sentence that says what to do', async () => {
    const service = await startTestService();
    const database = await openTestDatabase({ max: 1 });
    const config = readConfig({ LEDGER_DATABASE_URL: database.url, LEDGER_PORT: new URL(service.url).port, LEDGER_LOG_LEVEL: 'silent' }, {});
    await expect(startService(config)).rejects.toThrow(ConfigError);
    await expect(startService(config)).rejects.toThrow(/^LEDGER_PORT \d+ is taken .* choose another port/);
    await database.close();
    await service.close();
  });

  it('refuses a database that a newer program migrated', async () => {
    const database = await openTestDatabase();
    await database.pool.query(`insert into ledger.ledger_migrations (number, name, checksum) select max(number) + 1, '9999-later', 'x' from ledger.ledger_migrations`);
    const config = readConfig({ LEDGER_DATABASE_URL: database.url, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'silent' }, {});
    await expect(startService(config)).rejects.toThrow(/^The database is at migration .*9999.*: start the version/);
    await database.close();
  });
});
