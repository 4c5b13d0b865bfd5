import { Readable } from 'node:stream';
import fastify from 'fastify';
import { headRequests } from './head-requests';

describe('HEAD', () => {
  it('given a GET that would send a stream without an end, when HEAD asks, then it has the headers, nothing of the stream is read, and whoever made it knows', async () => {
    const server = fastify();
    headRequests(server);
    let begun = 0;
    let closed = 0;
    async function* endless(): AsyncGenerator<string> {
      for (begun = 1; ; begun++) yield 'x';
    }
    server.get('/feed', (_request, reply) => {
      void reply.type('text/event-stream').header('ledger-position', '7');
      return reply.send(Readable.from(endless()).once('close', () => closed++));
    });
    server.get('/row', () => ({ a: 1 }));
    const head = await server.inject({ method: 'HEAD', url: '/feed' });
    expect([head.statusCode, head.headers['content-type'], head.headers['ledger-position'], head.body]).toEqual([200, 'text/event-stream', '7', '']);
    expect(head.headers['content-length']).toBeUndefined();
    expect({ begun, closed }).toEqual({ begun: 0, closed: 1 });
    const row = await server.inject({ method: 'HEAD', url: '/row' });
    expect([row.statusCode, row.headers['content-length'], row.body]).toEqual([200, '7', '']);
    await server.close();
  });
});
