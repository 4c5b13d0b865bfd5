import { hash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { canonicalJson, type CommandContext, type LedgerCommand } from '#ledger';
import { malformed, type Fault } from '../problems/problem';
import { anonymous, type Actor } from '../tokens';
import { BodyReader } from '../validation/body-reader';
import type { BodyClass } from '../validation/json-schema';
import type { JsonBody } from './body-parser';
import type { Parameters, ValuesOf } from './parameter';
import { readQuery } from './query-text';
import { hasBody, routeOf, type Route } from './route';

/** What a request asks, read and judged as its route says. */
export interface AskedOf<P extends Parameters, C> {
  readonly parameters: ValuesOf<P>;
  /** Of a list: columns with the text that they are compared with. */
  readonly filters: Readonly<Record<string, string>>;
  /** The body as the command that it is, its context set. */
  readonly command: C;
}
export type Asked<R> = R extends Route<infer P, infer C> ? AskedOf<P, C> : never;

/** Parameter of a controller's method: what was asked. All faults of the request are told at once. */
export const Asks = createParamDecorator((_: unknown, host: ExecutionContext) => readRequest(host.switchToHttp().getRequest<FastifyRequest>()));

declare module 'fastify' {
  interface FastifyRequest {
    actor?: Actor;
  }
}

function readRequest(request: FastifyRequest): AskedOf<Parameters, LedgerCommand<unknown> | undefined> {
  const route = routeOf(request)!;
  const query = readQuery(request.raw.url!);
  const faults: Fault[] = [...query.faults];
  const filters: Record<string, string> = {};
  const parameters = readParameters(route, request.params as Readonly<Record<string, string>>, query.values, faults, filters);
  const command = route.command === undefined ? undefined : readCommand(request, route, query.values, faults);
  if (faults.length > 0) throw malformed(faults);
  return { parameters, filters, command };
}

function readParameters(
  route: Route,
  path: Readonly<Record<string, string>>,
  query: ReadonlyMap<string, string>,
  faults: Fault[],
  filters: Record<string, string>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(route.parameters)) {
    const text = Object.hasOwn(path, name) ? path[name] : query.get(name);
    const value = text === undefined ? parameter.absent : parameter.read(text);
    if (value === undefined) faults.push({ parameter: name, detail: `The value must be ${parameter.expected}.` });
    values[name] = value;
  }
  for (const [name, text] of query) {
    if (Object.hasOwn(route.parameters, name) && !Object.hasOwn(path, name)) continue;
    if (route.columns && Object.hasOwn(route.columns, name)) filters[name] = text;
    else faults.push({ parameter: name.slice(0, 64), detail: 'No parameter of this name is known here.' });
  }
  return values;
}

const readers = new Map<BodyClass, BodyReader<LedgerCommand<unknown>>>();

/** Its schema is compiled at the first use. */
export function bodyReaderOf(commandClass: BodyClass<LedgerCommand<unknown>>): BodyReader<LedgerCommand<unknown>> {
  let reader = readers.get(commandClass);
  if (!reader) readers.set(commandClass, (reader = new BodyReader(commandClass)));
  return reader;
}

const noBody: JsonBody = { value: null, faults: [{ pointer: '', detail: 'The body is missing: it is a JSON object, {} where nothing is said.' }] };

function readCommand(
  request: FastifyRequest,
  route: Route,
  query: ReadonlyMap<string, string>,
  faults: Fault[],
): LedgerCommand<unknown> {
  const commandClass = route.command!;
  const json = (request.body as JsonBody | undefined) ?? (hasBody(route) ? noBody : undefined);
  const isText = (json?.faults.length ?? 0) === 0;
  const { body, faults: bodyFaults } = isText ? bodyReaderOf(commandClass).read(json === undefined ? {} : json.value) : { body: null, faults: json!.faults };
  const command = body ?? new commandClass();
  command.context = contextOf(request, () => (isText ? digestOf(request.method, request.routeOptions.url!, request.params, query, json?.value) : ''), faults);
  faults.push(...bodyFaults);
  return command;
}

/** What its headers say of a command. @param faults a key that is none is added to them */
export function contextOf(request: FastifyRequest, digest: () => string, faults: Fault[]): CommandContext {
  const idempotencyKey = readIdempotencyKey(request, faults);
  return withDigest({ idempotencyKey, actor: (request.actor ?? anonymous).name, ifMatch: header(request, 'if-match'), correlationId: request.id }, digest);
}

/** The digest is asked for by commands with a key and by those that append events: what only refreshes has none. */
export function withDigest({ idempotencyKey, actor, ifMatch, correlationId }: Required<Omit<CommandContext, 'bodyDigest'>>, digest: () => string): CommandContext {
  let made: string | undefined;
  return {
    idempotencyKey, actor, ifMatch, correlationId,
    get bodyDigest() {
      return (made ??= digest());
    },
  };
}

export const idempotencyKeyPattern = /^[\x21-\x7e]{1,128}$/;

function header(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

function readIdempotencyKey(request: FastifyRequest, faults: Fault[]): string | null {
  const key = header(request, 'idempotency-key');
  if (key === null || idempotencyKeyPattern.test(key)) return key;
  faults.push({ header: 'Idempotency-Key', detail: 'The key must have 1 to 128 visible ASCII characters.' });
  return null;
}

/** Of method, path, query and body; a body that is equal as JSON (RFC 8785) has the same digest, so has a path that is encoded otherwise. */
export function digestOf(method: string, pathPattern: string, pathValues: unknown, query: ReadonlyMap<string, string>, json: unknown): string {
  const parts = [method, pathPattern, pathValues, [...query].sort(([a], [b]) => (a < b ? -1 : 1)), json ?? null];
  return hash('sha256', canonicalJson(parts), 'hex');
}
