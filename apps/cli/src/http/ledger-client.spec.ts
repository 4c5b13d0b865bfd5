import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Interrupted } from '../exit';
import { LedgerClient } from './ledger-client';

describe('the client', () => {
  let answer: http.RequestListener;
  const server = http.createServer((request, response) => answer(request, response));
  const interruption = new AbortController();
  let client: LedgerClient;

  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    client = new LedgerClient(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/behind/a/proxy/`), interruption.signal, 's3cret');
  });
  afterAll(() => new Promise(resolve => (server.closeAllConnections(), server.close(resolve))));

  const problem = (status: number, body: object): http.RequestListener => (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  };

  it('turns a problem document into a sentence with a line for each fault', async () => {
    answer = problem(400, { type: '/problems/malformed', title: 'Malformed', detail: 'The request is malformed.', errors: [{ parameter: 'limit', detail: 'It is no number.' }, { pointer: '/flow', detail: 'Missing.' }] });
    await expect(client.get('/v1/events')).rejects.toMatchObject({ exitCode: 2, message: 'The request is malformed. (malformed, 400)', facts: ['limit: It is no number.', '/flow: Missing.'] });
  });

  it('F2 tells a store that is away from a refusal', async () => {
    answer = problem(503, { type: '/problems/store-unavailable', detail: 'The store is away.' });
    await expect(client.get('/v1/events')).rejects.toMatchObject({ exitCode: 3 });
    answer = (_request, response) => response.destroy();
    await expect(client.get('/v1/events')).rejects.toMatchObject({ exitCode: 3 });
  });

  it('asks page after page, as many items as are wanted', async () => {
    const asked: string[] = [];
    answer = (request, response) => {
      asked.push(request.url ?? '');
      expect(request.headers.authorization).toBe('Bearer s3cret');
      const after = Number(new URL(request.url ?? '', 'http://x').searchParams.get('after') ?? 0);
      response.end(JSON.stringify({ position: '9', items: [after + 1, after + 2], next: after < 4 ? String(after + 2) : null }));
    };
    const all: number[] = [];
    for await (const item of client.list<number>('/v1/events', { type: 'A,B' })) all.push(item);
    expect(all).toEqual([1, 2, 3, 4, 5, 6]);
    expect(asked[1]).toBe('/behind/a/proxy/v1/events?type=A%2CB&limit=1000&after=2');
  });

  it('hears an answer that comes before the end of a capture', async () => {
    answer = (request, response) => {
      request.once('data', () => response.writeHead(413, { 'content-type': 'application/problem+json', connection: 'close' }).end('{"type":"/problems/too-large","detail":"Too large."}'));
    };
    const endless = Readable.from(
      (async function* () {
        for (;;) yield await Promise.resolve(Buffer.alloc(65536));
      })(),
      { objectMode: false },
    );
    await expect(client.postCapture(endless, { follow: false })).rejects.toMatchObject({ exitCode: 1, message: 'Too large. (too-large, 413)' });
  });

  it('ends at once when it is interrupted', async () => {
    answer = () => interruption.abort();
    await expect(client.get('/v1/events')).rejects.toBeInstanceOf(Interrupted);
  });
});
