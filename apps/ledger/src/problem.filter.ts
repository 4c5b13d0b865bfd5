import type { Socket } from 'node:net';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UnreadableEvent } from '#domain';
import { AppendRefused, EventStoreFull, EventStoreUnavailable, LogCutShort, OutcomeUnknown } from '#event-store';
import { isServerAway } from '#postgres';
import { IdempotencyKeyReused, NotFound, ParameterFaults, PreconditionFailed, ScopeContended } from '#ledger';
import { ProjectionBehind } from '#projections';
import { malformed, Problem, type Fault } from './problems/problem';
import { problemCatalogue, type ProblemName } from './problems/problem-catalogue';

/** The only place that knows what an error looks like on the wire: RFC 9457, `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), problemOf(error));
  }
}

/** What cannot be told of a request that failed by our own fault is in the log, under its id. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  logCause(request, problem);
  // A stream that breaks off after its head was sent can only be cut.
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const document = problemDocument(problem, isFailure(problem) ? { requestId: request.id } : {});
  void reply.code(document.status).headers(problem.headers).type(mediaType).send(JSON.stringify(document));
}

/** Our own fault. */
const isFailure = ({ problem }: Problem): boolean => problemCatalogue[problem].status === 500;

function logCause(request: FastifyRequest, problem: Problem): void {
  const isForOperator = isFailure(problem) || problem.problem === 'store-unavailable' || problem.problem === 'stream-unreadable';
  if (isForOperator) request.log.error({ err: problem.cause ?? problem }, problem.message);
}

const mediaType = 'application/problem+json';

/** The problem of an error as a document that stands for itself: in a line of an answer, where other lines go on. */
export function problemOfLine(request: FastifyRequest, error: unknown): ProblemDocument {
  const problem = problemOf(error);
  logCause(request, problem);
  const document = problemDocument(problem, isFailure(problem) ? { requestId: request.id } : {});
  const { 'retry-after': retryAfter } = problem.headers;
  return {
    ...document,
    // A line has no headers: its key is a member of it, and when to ask again is one of the answer.
    ...(problem.faults.length > 0 && { errors: problem.faults.map((fault) => ('header' in fault && fault.header === 'Idempotency-Key' ? inLine(fault) : fault)) }),
    ...(retryAfter !== undefined && { retryAfterSeconds: Number(retryAfter) }),
  };
}

const inLine = ({ detail }: Fault): Fault => ({ pointer: '/idempotencyKey', detail });

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

export function problemDocument(problem: Problem, facts: object = {}): ProblemDocument {
  const { status, title } = problemCatalogue[problem.problem];
  const errors = problem.faults.length > 0 ? { errors: problem.faults } : {};
  return { type: `/problems/${problem.problem}`, title, status, detail: problem.message, ...errors, ...facts, ...problem.facts };
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof PreconditionFailed) {
    const { currentEtag } = error;
    const faults = [{ header: 'If-Match', detail: currentEtag === null ? 'There is no such resource.' : 'The resource has another tag now.' }];
    return new Problem('precondition-failed', error.message, { faults, ...(currentEtag === null ? {} : { headers: { etag: currentEtag } }) });
  }
  if (error instanceof IdempotencyKeyReused) {
    const faults = [{ header: 'Idempotency-Key', detail: 'The key was used with another method, path or body.' }];
    return new Problem('idempotency-key-reused', 'The Idempotency-Key was used for another command before.', { faults });
  }
  if (error instanceof ParameterFaults) return malformed(error.faults);
  if (error instanceof ProjectionBehind) return new Problem('projection-behind', error.message, { headers: { 'retry-after': '1' } });
  if (error instanceof ScopeContended) return new Problem('scope-contended', error.message, { headers: { 'retry-after': '1' }, facts: { written: error.written } });
  if (error instanceof NotFound) return new Problem('not-found', error.message);
  if (error instanceof EventStoreFull) return new Problem('insufficient-storage', 'There is no room for more events.', { headers: { 'retry-after': '10' }, cause: error });
  if (error instanceof LogCutShort) return streamUnreadable(error);
  if (error instanceof EventStoreUnavailable || error instanceof OutcomeUnknown || isServerAway(error)) {
    const detail = error instanceof OutcomeUnknown ? 'Whether the command was stored is not known yet.' : 'The event store does not answer.';
    return new Problem('store-unavailable', detail, { headers: { 'retry-after': '1' }, cause: error });
  }
  if (error instanceof UnreadableEvent) return streamUnreadable(error);
  if (error instanceof AppendRefused) {
    return new Problem('append-refused', `The event store refuses the events of this command for good: ${error.message}`, { cause: error });
  }
  if (error instanceof HttpException) return new Problem(...frameworkProblem(error.getStatus()), { cause: error });
  return new Problem('internal', 'The service failed at this request; its log has the cause.', { cause: error });
}

/** A decider that stopped: where, for whoever mends it. What the event says is in the log alone. */
function streamUnreadable(error: UnreadableEvent | LogCutShort): Problem {
  const { place } = error;
  const headers = { 'retry-after': '60' };
  if (place === null) return new Problem('stream-unreadable', 'An event that this needs cannot be read.', { headers, cause: error });
  const facts = { stream: place.stream, revision: String(place.revision), position: String(place.position) };
  return new Problem('stream-unreadable', `The stream cannot be read at revision ${facts.revision}.`, { facts, headers, cause: error });
}

/** What Fastify and Nest refuse by themselves, by the status that they chose. */
function frameworkProblem(status: number): [ProblemName, string] {
  if (status === 404) return ['not-found', 'No resource has this path.'];
  if (status === 408) return ['request-timeout', 'The request did not arrive in time.'];
  if (status === 413) return ['body-too-large', 'The body has more than 1 MiB.'];
  if (status === 415) return ['unsupported-media-type', 'The body has a media type or an encoding that is not read here.'];
  if (status >= 400 && status < 500) return ['malformed', 'The request cannot be read.'];
  return ['internal', 'The service failed at this request; its log has the cause.'];
}

/** What Node's parser refuses before there is a request, by its error code; nothing else is ever written to a raw socket. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [name, detail] = socketProblem(error.code);
  const document = problemDocument(new Problem(name, detail));
  const body = JSON.stringify(document);
  const head = [`HTTP/1.1 ${document.status} ${document.title}`, `content-type: ${mediaType}`, `content-length: ${Buffer.byteLength(body)}`, 'connection: close'];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function socketProblem(code: string | undefined): [ProblemName, string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['request-timeout', 'The headers did not arrive in time.'];
  if (code === 'HPE_HEADER_OVERFLOW') return ['header-fields-too-large', 'The headers have more than 16 KiB.'];
  return ['malformed', 'The bytes are no HTTP request that can be read in one way only.'];
}
