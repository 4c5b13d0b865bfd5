import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, type Fault } from '../problems/problem';
import { sendProblem } from '../problem.filter';
import { jsonFaults } from './json-text';
import { routeOf } from './route';

/** A JSON body as it was read; `value` means nothing where there are faults. */
export interface JsonBody {
  readonly value: unknown;
  readonly faults: readonly Fault[];
}

export const maximumBodyBytes = 1024 * 1024;
/** For all of a JSON body to arrive (F29). */
export const bodyTimeoutMs = 8_000;
export const linesMediaType = 'application/x-ndjson';
export const captureMediaTypes = ['application/vnd.tcpdump.pcap', 'application/octet-stream'] as const;

/** Which bodies are read, and how: JSON in UTF-8 as a whole, a capture and lines of JSON as the streams that they are; anything else is 415. */
export function addBodyParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: maximumBodyBytes }, (request, bytes, done) => {
    const refusal = refuseMediaType(request, 'json');
    if (refusal) done(refusal);
    else done(null, readJson(bytes as Buffer));
  });
  server.addContentTypeParser([...captureMediaTypes], (request, stream, done) => done(refuseMediaType(request, 'capture'), stream));
  server.addContentTypeParser(linesMediaType, (request, stream, done) => done(refuseMediaType(request, 'lines'), stream));
  server.addHook('preParsing', (request, reply, payload, done) => {
    if (request.headers['content-encoding'] !== undefined) {
      done(new Problem('unsupported-media-type', 'A compressed body is not read here.', { faults: [{ header: 'Content-Encoding', detail: 'The body must not be compressed.' }] }));
      return;
    }
    if (bodyOf(request) === 'json' && announcesBody(request)) refuseSlowBody(request, reply);
    done(null, payload);
  });
}

/** A GET has none that is read, and a feed or a large list takes longer than any body may. */
function announcesBody({ method, headers }: FastifyRequest): boolean {
  return method !== 'GET' && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
}

function refuseSlowBody(request: FastifyRequest, reply: FastifyReply): void {
  const timer = setTimeout(() => {
    sendProblem(request, reply, new Problem('request-timeout', 'The body did not arrive in time.', { headers: { connection: 'close' } }));
  }, bodyTimeoutMs);
  request.raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

type Body = 'json' | 'capture' | 'lines';
const wantedTypes: Readonly<Record<Body, string>> = { json: 'application/json in UTF-8', capture: captureMediaTypes.join(' or '), lines: linesMediaType };

function bodyOf(request: FastifyRequest): Body {
  const { capture = false, lines = false } = routeOf(request) ?? {};
  return capture ? 'capture' : lines ? 'lines' : 'json';
}

function refuseMediaType(request: FastifyRequest, sent: Body): Problem | null {
  const body = bodyOf(request);
  if (body !== sent) {
    const wanted = wantedTypes[body];
    return new Problem('unsupported-media-type', `The body must be ${wanted}.`, { faults: [{ header: 'Content-Type', detail: `The type must be ${wanted}.` }] });
  }
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '') ?? [];
  if (charset === undefined || /^utf-?8$/i.test(charset)) return null;
  return new Problem('unsupported-media-type', 'The body must be in UTF-8.', { faults: [{ header: 'Content-Type', detail: 'The charset must be utf-8.' }] });
}

function readJson(bytes: Buffer): JsonBody {
  const fault = (detail: string): JsonBody => ({ value: null, faults: [{ pointer: '', detail }] });
  if (bytes.length === 0) return fault('The body is empty.');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return fault('The body begins with a byte order mark, which JSON does not have.');
  if (!isUtf8(bytes)) return fault('The body is not UTF-8.');
  const text = bytes.toString('utf8');
  const faults = jsonFaults(text);
  return { value: faults.length > 0 ? null : (JSON.parse(text) as unknown), faults };
}
