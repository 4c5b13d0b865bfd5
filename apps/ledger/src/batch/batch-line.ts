import { isUtf8 } from 'node:buffer';
import { readMobileNodeId, type CommandContext, type LedgerCommand } from '#ledger';
import { bodyReaderOf, digestOf, idempotencyKeyPattern, withDigest } from '../http/asked';
import { jsonFaults } from '../http/json-text';
import { hasBody, pathPattern, type Route } from '../http/route';
import { malformed, Problem, type Fault } from '../problems/problem';
import { allows, type Actor } from '../tokens';
import { batchCommands, type BatchCommand } from './batch-commands';

export interface BatchLine {
  readonly kind: BatchCommand;
  readonly command: LedgerCommand<unknown>;
}

type Members = Readonly<Record<string, unknown>>;

const members: ReadonlySet<string> = new Set(['command', 'idempotencyKey', 'body']);

/**
 * A line as the command that its own route would make of it: parameters of path and query are members of the body here. Under one
 * key a line and the request alone are the same command. @throws Problem with all faults of the line
 */
export function readBatchLine(bytes: Buffer, actor: Actor, correlationId: string): BatchLine {
  const line = readObject(bytes);
  const faults: Fault[] = Object.keys(line)
    .filter((name) => !members.has(name))
    .map((name) => ({ pointer: `/${name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`, detail: 'No field of this name is known here.' }));
  const { command: name, idempotencyKey = null, body = {} } = line;
  const kind = typeof name === 'string' && Object.hasOwn(batchCommands, name) ? batchCommands[name]! : undefined;
  if (kind === undefined) faults.push({ pointer: '/command', detail: `The field must be one of ${Object.keys(batchCommands).join(', ')}.` });
  if (idempotencyKey !== null && !(typeof idempotencyKey === 'string' && idempotencyKeyPattern.test(idempotencyKey))) {
    faults.push({ pointer: '/idempotencyKey', detail: 'The key must have 1 to 128 visible ASCII characters.' });
  }
  if (!isObject(body)) faults.push({ pointer: '/body', detail: 'The field must be an object.' });
  if (kind === undefined || faults.length > 0) throw malformed(faults);
  const { role } = kind.route;
  if (role !== 'anyone' && !allows(actor, role)) throw new Problem('forbidden', `This needs the role ${role}.`, { facts: { role } });
  const context = { idempotencyKey: idempotencyKey as string | null, actor: actor.name, ifMatch: null, correlationId };
  return { kind, command: readCommand(kind, body as Members, context) };
}

function readObject(bytes: Buffer): Members {
  if (!isUtf8(bytes)) throw malformed([{ pointer: '', detail: 'The line is not UTF-8.' }]);
  const text = bytes.toString('utf8');
  const faults = jsonFaults(text);
  if (faults.length > 0) throw malformed(faults);
  const value = JSON.parse(text) as unknown;
  if (!isObject(value)) throw malformed([{ pointer: '', detail: 'The line must be an object.' }]);
  return value;
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

function readCommand(kind: BatchCommand, body: Members, context: Required<Omit<CommandContext, 'bodyDigest'>>): LedgerCommand<unknown> {
  const { route } = kind;
  const hasParameters = Object.keys(route.parameters).length > 0;
  const { path, query, values, faults: ofParameters } = hasParameters ? readParameters(route, body) : noParameters;
  const rest = hasParameters ? Object.fromEntries(Object.entries(body).filter(([name]) => !Object.hasOwn(route.parameters, name))) : body;
  const reading = bodyReaderOf(route.command!).read(rest);
  const inBody = (fault: Fault): Fault => ('pointer' in fault ? { ...fault, pointer: `/body${fault.pointer}` } : fault);
  if (reading.body === null || ofParameters.length > 0) throw malformed([...ofParameters, ...reading.faults.map(inBody)]);
  const command = hasParameters ? Object.assign(reading.body, values) : reading.body;
  const across = kind.faults?.(command) ?? [];
  if (across.length > 0) throw malformed(across.map(inBody));
  // Alone, a command that has no body is sent without one.
  const json = hasBody(route) ? rest : undefined;
  command.context = withDigest(context, () => digestOf(route.method, pathPattern(route), path, query, json));
  return command;
}

interface ParameterReading {
  readonly path: Record<string, string>;
  readonly query: Map<string, string>;
  readonly values: Record<string, unknown>;
  readonly faults: Fault[];
}

const noParameters: ParameterReading = { path: {}, query: new Map(), values: {}, faults: [] };

function readParameters(route: Route, body: Members): ParameterReading {
  const reading: ParameterReading = { path: {}, query: new Map(), values: {}, faults: [] };
  for (const [name, parameter] of Object.entries(route.parameters)) {
    const given = body[name];
    const inPath = route.path.includes(`{${name}}`);
    // A flag of the query is a boolean in JSON; null says the same as no member.
    const text = typeof given === 'string' ? given : typeof given === 'boolean' && parameter.schema.type === 'boolean' ? String(given) : undefined;
    const isAbsent = given === undefined || given === null;
    const value = isAbsent && !inPath ? parameter.absent : text === undefined ? undefined : parameter.read(text);
    if (value === undefined) reading.faults.push({ pointer: `/body/${name}`, detail: `The field must be ${parameter.expected}.` });
    if (text !== undefined && inPath) reading.path[name] = text;
    if (text !== undefined && !inPath) reading.query.set(name, text);
    reading.values[name] = name === 'mobileNode' && typeof value === 'string' ? readMobileNodeId(value).id : value;
  }
  return reading;
}
