import type { FastifyReply } from 'fastify';
import type { Answered, Outcome } from '#ledger';
import { Problem } from '../problems/problem';

/**
 * Answers a command: its body with tag and position, or the refusal as a problem.
 * @param created the answer is 201, not 200
 */
export function answer<Body extends Answered>(reply: FastifyReply, outcome: Outcome<Body>, created: (body: Body) => boolean): Body {
  const replayed: Record<string, string> = outcome.replayed ? { 'idempotency-replayed': 'true' } : {};
  if (outcome.outcome === 'refused') {
    const { rejection, detail, facts } = outcome.rejection;
    const headers = { ...replayed, 'ledger-position': outcome.position };
    throw new Problem(rejection, detail, { facts: { ...facts, position: outcome.position }, headers });
  }
  const { body, etag } = outcome;
  void reply.code(created(body) ? 201 : 200).headers({ ...replayed, 'ledger-position': body.position });
  if (etag !== null) void reply.header('etag', etag);
  return body;
}
