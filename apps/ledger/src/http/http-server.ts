import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { isLoopback } from '../config';
import { Problem } from '../problems/problem';
import type { Metrics } from '../metrics';
import { refuseConnection, sendProblem } from '../problem.filter';
import { actorOf, allows, anonymous, type Token } from '../tokens';
import { addBodyParsers, maximumBodyBytes } from './body-parser';
import { routeOf } from './route';

/** For all headers to arrive (F29); looked at every half second. */
const headersTimeoutMs = 8_000;

/** Fastify with every limit of the service, without anything of Nest: what it refuses it refuses as a problem. */
export async function createHttpServer(log: Logger, tokens: readonly Token[], metrics: Metrics): Promise<FastifyAdapter> {
  const adapter = new FastifyAdapter({
    loggerInstance: log,
    // A line a request is written here, when it was answered and only where it is asked for.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: maximumBodyBytes,
    http: { headersTimeout: headersTimeoutMs, requestTimeout: 0, connectionsCheckingInterval: 500 },
    // A request that arrives on an open connection while the service stops is still answered (F20).
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // The longest id of a mobile node, each character percent-encoded.
    routerOptions: { maxParamLength: 760, querystringParser: () => ({}) },
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(request, reply, new Problem('malformed', 'The path is not percent-encoded UTF-8.'));
    },
    clientErrorHandler: refuseConnection,
    skipMiddie: true,
  });
  const server = adapter.getInstance();
  await server.register(helmet, {
    contentSecurityPolicy: { directives: { 'font-src': ["'self'", 'data:'], 'style-src': ["'self'", "'unsafe-inline'"], 'upgrade-insecure-requests': null } },
    strictTransportSecurity: false,
  });
  addBodyParsers(server);
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    if (tokens.length === 0) refuseForeignHost(request);
    authorize(request, tokens);
  });
  server.addHook('onResponse', async (request, reply) => {
    metrics.observe(request, reply);
    logRequest(log, request, reply);
  });
  return adapter;
}

/**
 * Without tokens the address is all that protects the ledger, and a page of another site could have its own name resolve to it (DNS
 * rebinding): a browser then still tells that name as the host.
 */
function refuseForeignHost({ headers: { host } }: FastifyRequest): void {
  // HTTP/1.0 may tell none; no browser speaks it.
  if (host === undefined || isLoopback(host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1').toLowerCase())) return;
  throw new Problem('misdirected-request', 'Without tokens the ledger answers only under a loopback name or address.', {
    faults: [{ header: 'Host', detail: 'The host must be localhost, 127.0.0.1 or [::1].' }],
    headers: { connection: 'close' },
  });
}

/** Before a byte of the body is read. */
function authorize(request: FastifyRequest, tokens: readonly Token[]): void {
  const role = routeOf(request)?.role ?? 'anyone';
  if (tokens.length === 0) request.actor = anonymous;
  else if (role !== 'anyone') {
    const actor = actorOf(tokens, request.headers.authorization);
    if (!actor) {
      throw new Problem('unauthenticated', 'The request has no valid bearer token.', {
        faults: [{ header: 'Authorization', detail: 'A bearer token of the tokens file is needed.' }],
        headers: { 'www-authenticate': 'Bearer realm="qos-ledger"' },
      });
    }
    if (!allows(actor, role)) throw new Problem('forbidden', `This needs the role ${role}.`, { facts: { role } });
    request.actor = actor;
  }
}

function logRequest(log: Logger, request: FastifyRequest, reply: FastifyReply): void {
  if (!log.isLevelEnabled('debug')) return;
  const facts = { requestId: request.id, method: request.method, url: printable(request.raw.url ?? ''), status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
  log.debug(facts, 'answered');
}

/** What came from outside is logged as visible ASCII, the rest percent-encoded: nothing can end a line or colour a terminal (F30). */
function printable(url: string): string {
  return url.slice(0, 1024).replaceAll(/[^\x21-\x7e]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
