import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem';

/**
 * Every path answers every method: one that its routes do not have is told those that they have (RFC 9110 §15.5.6), and OPTIONS asks just that.
 * To be called before the routes are declared. @returns to be called when they all are
 */
export function otherMethods(server: FastifyInstance): () => void {
  const methodsOf = new Map<string, string[]>();
  server.addHook('onRoute', ({ url, method }) => {
    methodsOf.set(url, [...(methodsOf.get(url) ?? []), ...[method].flat()]);
  });
  return () => {
    // CONNECT asks for a tunnel and comes to no route.
    const known = METHODS.filter((method) => method !== 'CONNECT');
    for (const method of known) if (!server.supportedMethods.includes(method)) server.addHttpMethod(method);
    for (const [url, methods] of [...methodsOf]) {
      const allow = [...new Set([...methods, 'OPTIONS'])].sort().join(', ');
      server.route({ url, method: 'OPTIONS', handler: (_request, reply) => void reply.code(204).header('allow', allow).send() });
      const others = known.filter((method) => method !== 'OPTIONS' && !methods.includes(method));
      // Before a byte of a body is read.
      server.route({ url, method: others, onRequest: refusal(allow), handler: () => undefined });
    }
  };
}

const refusal = (allow: string) => (_request: FastifyRequest, _reply: FastifyReply, done: (error: Error) => void): void =>
  done(new Problem('method-not-allowed', `This path has the methods ${allow}.`, { headers: { allow } }));
