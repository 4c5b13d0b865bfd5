import { Readable } from 'node:stream';
import type { DoneFuncWithErrOrRes, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * HEAD asks for the headers alone (RFC 9110 §9.3.2): the stream that its GET would send is not begun. The router would read it to its end, which
 * a feed does not have, and a list of all rows has far away. To be called before the routes are declared.
 */
export function headRequests(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD') return;
    route.onSend = [withoutStream, ...[route.onSend ?? []].flat()];
  });
}

function withoutStream(_request: FastifyRequest, _reply: FastifyReply, payload: unknown, done: DoneFuncWithErrOrRes): void {
  if (!(payload instanceof Readable)) return done(null, payload);
  payload.on('error', () => undefined).destroy();
  done(null, Readable.from([]));
}
