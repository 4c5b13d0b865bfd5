import http from 'node:http';
import { openTestDatabase } from '#postgres/testing';
import { ConfigError, readConfig } from './config';
import { startService } from './service';
import { configureBody, scene, setScene, startTestService } from './service.testing';

describe('starting and stopping', () => {
  it('F20 answers 100 requests in flight when it is stopped, in less than 20 s', async () => {
    const service = await startTestService();
    await setScene(service);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 100 });
    await Promise.all(Array.from({ length: 100 }, () => statusOf(http.get(`${service.url}/health/live`, { agent }))));
    // Every request is written to a connection that stands, none is answered yet.
    const answers = Array.from({ length: 100 }, (_, port) => {
      const request = http.request(`${service.url}/v1/qos-sessions`, { agent, method: 'POST', headers: { 'content-type': 'application/json' } });
      request.end(JSON.stringify(configureBody('mn-1', { ...scene.flow, sourcePort: port + 1 })));
      return statusOf(request);
    });
    await new Promise(setImmediate);
    const began = Date.now();
    await service.stop();
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(await Promise.all(answers)).toEqual(new Array(100).fill(201));
    agent.destroy();
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

function statusOf(request: http.ClientRequest): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => response.resume().once('end', () => resolve(response.statusCode)));
  });
}
