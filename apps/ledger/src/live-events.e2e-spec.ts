import http from 'node:http';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { bodyTimeoutMs } from './http/body-parser';
import { startTestService, type TestService } from './service.testing';

interface LiveClient {
  /** Positions of the events that came, in order. */
  readonly positions: () => number[];
  readonly text: () => string;
  readonly ended: Promise<unknown>;
  readonly response: http.IncomingMessage;
  close(): void;
}

describe('GET /v1/events/live', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  async function follow(query = '', headers: Readonly<Record<string, string>> = {}, reads = true): Promise<LiveClient> {
    const request = http.get(`${service.url}/v1/events/live${query}`, { headers, agent: false });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/event-stream']);
    expect(response.headers['ledger-position']).toMatch(/^[0-9]+$/);
    let text = '';
    response.setEncoding('utf8').on('error', () => undefined);
    if (reads) response.on('data', (chunk: string) => (text += chunk));
    const ended = new Promise((resolve) => response.once('close', resolve));
    const positions = (): number[] => [...text.matchAll(/^id: (\d+)\ndata/gm)].map(([, id]) => Number(id));
    return { positions, text: () => text, ended, response, close: () => request.destroy() };
  }

  async function register(count: number, from = 0): Promise<void> {
    const rest = { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', homeAgent: '192.0.2.1', homeAddress: '10.0.0.1', lifetimeSeconds: 600 };
    const lines = Array.from({ length: count }, (_, index) => ({ command: 'register-mobile-node', body: { mobileNode: `mn-${from + index}`, ...rest } }));
    const raw = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const { status } = await service.call('POST', '/v1/batch', { raw, headers: { 'content-type': 'application/x-ndjson' } });
    expect(status).toBe(200);
  }

  const head = async (): Promise<number> => Number((await service.call('GET', '/v1/events?limit=1')).body.position);

  async function until(condition: () => boolean): Promise<void> {
    for (const limit = Date.now() + 10_000; !condition(); await pause(10)) if (Date.now() > limit) throw new Error('It did not come.');
  }

  it('stays open, however little happens, longer than a body may take to arrive', async () => {
    const client = await follow();
    let isOpen = true;
    void client.ended.then(() => (isOpen = false));
    await pause(bodyTimeoutMs + 1_000);
    expect(isOpen).toBe(true);
    await register(1);
    while (isOpen && client.positions().length === 0) await pause(20);
    expect(client.positions()[0]).toBe(1);
    client.close();
  });

  it('F19 tells every event from any position and resumes exactly behind the last one that was seen', async () => {
    await register(20);
    const client = await follow();
    await register(20, 20);
    const first = await head();
    await until(() => client.positions().at(-1) === first);
    client.close();
    await register(20, 40);
    const resumed = await follow('?after=3', { 'last-event-id': String(first) });
    await register(20, 60);
    const end = await head();
    await until(() => resumed.positions().at(-1) === end);
    resumed.close();
    expect([...client.positions(), ...resumed.positions()]).toEqual(Array.from({ length: end }, (_, index) => index + 1));
    const [, data] = /^data: (.*)$/m.exec(client.text())!;
    expect(JSON.parse(data!)).toMatchObject({ position: '1', revision: '0', type: expect.any(String), data: {}, metadata: { actor: 'anonymous' } });
  });

  it('filters by type, category and stream', async () => {
    const client = await follow('?category=mobileNode&type=RegistrationAccepted,RegistrationEnded');
    const one = await follow('?stream=mobileNode-mn-7');
    await until(() => one.positions().length === 1 && client.positions().length >= 80);
    const types = [...client.text().matchAll(/"type":"(\w+)"/g)].map(([, type]) => type);
    expect(new Set(types)).toEqual(new Set(['RegistrationAccepted']));
    client.close();
    one.close();
  });

  it.each([
    ['a Last-Event-ID that is no position', '', { 'last-event-id': 'abc' }],
    ['a Last-Event-ID of the future', '', { 'last-event-id': '999999999' }],
    ['an `after` of the future', '?after=999999999', {}],
    ['an unknown parameter', '?from=3', {}],
  ])('F19 refuses %s', async (_, query, headers) => {
    const answer = await service.call('GET', `/v1/events/live${query}`, { headers });
    expect([answer.status, answer.body.type]).toEqual([400, '/problems/malformed']);
  });

  it('given HEAD, when it asks for the feed or for all rows, then it has the headers, and the same connection answers what comes next', async () => {
    const asked = ['/v1/events/live?after=0', '/v1/events/live?after=999999999', '/v1/events'];
    const requests = asked.map((path, index) => `HEAD ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n${index === 2 ? 'Connection: close\r\n' : ''}\r\n`);
    const answer = await service.raw(requests.join(''));
    expect([...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status)).toEqual(['200', '400', '200']);
    expect(answer).toMatch(/^content-type: text\/event-stream\r$/m);
    expect(answer).toMatch(/^ledger-position: \d+\r$/m);
    expect(answer).not.toMatch(/^(data|id|retry): /m);
  });

  it('F18 a client that never reads holds nothing up, and 200 others get everything', async () => {
    const silent = await follow('', {}, false);
    const begin = await head();
    const clients = await Promise.all(Array.from({ length: 200 }, () => follow(`?after=${begin}`)));
    await register(300, 100);
    const end = await head();
    await until(() => clients.every((client) => client.positions().at(-1) === end));
    const expected = Array.from({ length: end - begin }, (_, index) => begin + index + 1);
    for (const client of clients) expect(client.positions()).toEqual(expected);
    for (const client of clients) client.close();
    let late = '';
    silent.response.on('data', (chunk: string) => (late += chunk));
    await until(() => late.includes(`id: ${end}\n`));
    expect([...late.matchAll(/^id: \d+\ndata/gm)].length).toBe(end);
    silent.close();
  });

  it('F20 ends with the service, whoever reads', async () => {
    const client = await follow('?after=5');
    const silent = await follow('', {}, false);
    const begun = performance.now();
    await service.stop();
    silent.response.resume();
    await Promise.all([client.ended, silent.ended]);
    expect(performance.now() - begun).toBeLessThan(8_000);
  });
});
