import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { routes } from './routes';
import { startTestService, type TestService } from './service.testing';
import { allows, roles } from './tokens';

describe('access', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ledger-access-'));
  let service: TestService;
  beforeAll(async () => {
    const file = path.join(folder, 'tokens');
    writeFileSync(file, roles.map((role) => `${role}-token ${role} ${createHash('sha256').update(`secret-of-${role}`).digest('hex')}\n`).join(''));
    service = await startTestService({ LEDGER_TOKENS_FILE: file });
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true });
  });

  const all = Object.values(routes).flatMap((group) => Object.values(group));
  it.each(all.map((route) => [route.method, route.path, route.role, route] as const))('F37 %s %s is for %s', async (method, pattern, needed) => {
    const url = pattern.replaceAll(/\{(\w+)\}/g, 'x');
    for (const presented of [null, 'wrong', ...roles]) {
      const headers = presented === null ? {} : { authorization: `Bearer secret-of-${presented}` };
      // The head of the answer says it; a feed has no end to wait for.
      const { status, headers: answered, body } = await fetch(`${service.url}${url}`, { method, headers });
      await body?.cancel();
      const role = roles.find((known) => known === presented);
      const isAllowed = needed === 'anyone' || (role !== undefined && allows({ name: '', role }, needed));
      if (isAllowed) expect([401, 403]).not.toContain(status);
      else expect([status, answered.get('www-authenticate') !== null]).toEqual(role === undefined ? [401, true] : [403, false]);
    }
  });

  it('names the token as the actor of its events', async () => {
    await service.call('PUT', '/v1/foreign-agents/fa-1', { body: {}, headers: { authorization: 'Bearer secret-of-admin' } });
    const { body } = await service.call('GET', '/v1/events?type=ForeignAgentProvisioned', { headers: { authorization: 'Bearer secret-of-reader' } });
    expect(body.items[0].metadata.actor).toBe('admin-token');
    expect(service.log()).not.toContain('secret-of');
  });
});
