import { isDeepStrictEqual } from 'node:util';
import type { Parameter } from './http/parameter';
import { hasBody, type Route, type Routes } from './http/route';
import { captureMediaTypes, linesMediaType } from './http/body-parser';
import { pageOf } from './answers/page-shape';
import { problem } from './answers/problem-shape';
import { bodyDefinitions, bodySchema, definitionsPrefix, type JsonSchema } from './validation/json-schema';

const componentsPrefix = '#/components/schemas/';

/** The OpenAPI 3.1 document of these routes, by tag and name; bodies come from the decorators of the commands. */
export function openApiDocument(routes: Routes): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [tag, group] of Object.entries(routes)) {
    for (const [name, route] of Object.entries(group)) {
      paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(tag, name, route) };
    }
  }
  const answers: Record<string, unknown> = {};
  const described = withComponents({ paths, problem }, answers);
  return {
    openapi: '3.1.0',
    info: {
      title: 'QoS session ledger',
      version: '1',
      description: 'The system of record for quality of service in Mobile IP networks. Errors are problems (RFC 9457); each kind has a page under /problems.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: Object.keys(routes).map((name) => ({ name })),
    security: [{}, { token: [] }],
    paths: described.paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { ...withComponentRefs(bodyDefinitions()) as object, ...answers },
      responses: { Problem: { description: 'The request is not answered as asked.', content: { 'application/problem+json': { schema: described.problem } } } },
    },
  };
}

function operation(tag: string, name: string, route: Route): object {
  const parameters = Object.entries(route.parameters).map(([parameter, each]) => parameterObject(route, parameter, each));
  const answers = Object.entries(route.answers).map(([status, description]) => [status, { description, content: answerContent(route) }]);
  return {
    operationId: `${name}${tag.replace(/\W/g, '')}`,
    tags: [tag],
    summary: route.summary,
    description: route.role === 'anyone' ? 'Needs no token.' : `Needs a token with the role ${route.role}, where there are tokens.`,
    ...(route.role === 'anyone' ? { security: [] } : {}),
    parameters: [...parameters, ...filterObjects(route), ...(route.command || route.keyed ? commandHeaders : [])],
    ...requestBody(route),
    responses: { ...Object.fromEntries(answers) as object, default: { $ref: '#/components/responses/Problem' } },
  };
}

function parameterObject({ path }: Route, name: string, { description, schema }: Parameter): object {
  const inPath = path.includes(`{${name}}`);
  return { name, in: inPath ? 'path' : 'query', ...(inPath ? { required: true } : {}), description, schema };
}

/** Any column filters. */
function filterObjects({ columns = {}, parameters }: Route): readonly object[] {
  return Object.entries(columns)
    .filter(([name]) => !Object.hasOwn(parameters, name))
    .map(([name, { kind }]) => ({
      name,
      in: 'query',
      description: `Rows with this value: ${kind.expected}; with ! in front of it those without, null is no value.`,
      schema: { type: 'string' },
    }));
}

const commandHeaders = [
  {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Id of the command: sent again with the same body it gets the first answer again.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
  },
  { name: 'If-Match', in: 'header', description: 'ETag that the resource must still have.', schema: { type: 'string' } },
];

function requestBody(route: Route): object {
  const { command, capture, lines } = route;
  if (lines) return { requestBody: { required: true, content: { [linesMediaType]: {} } } };
  const binary = { schema: { type: 'string', format: 'binary' } };
  if (capture) return { requestBody: { required: true, content: Object.fromEntries(captureMediaTypes.map((type) => [type, binary])) } };
  if (!command || !hasBody(route)) return {};
  // A command without decorated fields is no component.
  const schema = Object.hasOwn(bodyDefinitions(), command.name) ? { $ref: componentsPrefix + command.name } : bodySchema(command);
  return { requestBody: { required: true, content: { 'application/json': { schema } } } };
}

function answerContent({ answerTypes = ['application/json'], answer, row }: Route): object {
  const json = answer ?? (row && pageOf(row));
  const schemas: Readonly<Record<string, JsonSchema | undefined>> = { 'application/json': json, [linesMediaType]: row };
  return Object.fromEntries(answerTypes.map((type) => [type, { schema: schemas[type] ?? { type: 'string' } }]));
}

/** A schema with a title is a component of that name, wherever it stands. */
function withComponents<T>(value: T, components: Record<string, unknown>): T {
  const replaced = (_key: string, each: unknown): unknown => {
    const { title, ...schema } = (each ?? {}) as { readonly title?: unknown };
    if (typeof title !== 'string') return each;
    const component = withComponents(schema, components);
    if (components[title] !== undefined && !isDeepStrictEqual(components[title], component)) throw new Error(`two schemas are named ${title}`);
    components[title] = component;
    return { $ref: componentsPrefix + title };
  };
  return JSON.parse(JSON.stringify(value, replaced)) as T;
}

/** The definitions refer to each other as JSON Schema has it; in OpenAPI they are components. */
function withComponentRefs(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(definitionsPrefix, componentsPrefix));
}
