import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { parseAddress } from '#domain';
import { openApiDocument } from '../openapi';
import { routes } from '../routes';

type Schema = Readonly<Record<string, unknown>>;
interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

/** What the document leaves open for later versions is closed: what it does not name may not be answered by this one. */
const document = JSON.parse(JSON.stringify(openApiDocument(routes)), (_key, value: unknown) => {
  const isOpen = typeof value === 'object' && value !== null && 'properties' in value && 'required' in value && !('additionalProperties' in value);
  return isOpen ? { ...value, additionalProperties: false } : value;
}) as Document;

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: {
    address: (text: string) => parseAddress(text)?.canonical === text,
    uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    unsigned64: true,
    rate: true,
    binary: true,
  },
});
ajv.addSchema({ $id: 'openapi', components: document.components });

const compiled = new Map<Schema, ValidateFunction>();

function validator(schema: Schema): ValidateFunction {
  let validate = compiled.get(schema);
  if (!validate) {
    validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/')) as Schema);
    compiled.set(schema, validate);
  }
  return validate;
}

const problemSchema: Schema = { $ref: '#/components/schemas/Problem' };

/** @throws where an answer is not what openapi.json says of its route; a text that is no JSON has nothing to be held to */
export function expectDescribed(method: string, url: string, status: number, mediaType: string, text: string): void {
  if (!/json$/.test(mediaType) || text === '') return;
  const operation = operationOf(method, url.split('?')[0]!);
  const schema = mediaType === 'application/problem+json' ? problemSchema : operation?.responses[status]?.content[mediaType]?.schema;
  if (!schema) throw new Error(`openapi.json does not tell that ${method} ${url} answers ${status} as ${mediaType}`);
  const validate = validator(schema);
  const documents = mediaType === 'application/x-ndjson' ? text.trimEnd().split('\n') : [text];
  for (const each of documents) {
    if (each !== '' && !validate(JSON.parse(each))) throw new Error(`${method} ${url}: ${ajv.errorsText(validate.errors)}: ${each.slice(0, 1000)}`);
  }
}

/** The path without parameters first, as the router has it. */
function operationOf(method: string, path: string): Operation | undefined {
  const found = Object.entries(document.paths)
    .filter(([pattern, operations]) => method.toLowerCase() in operations && new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path))
    .sort(([a], [b]) => a.split('{').length - b.split('{').length);
  return found[0]?.[1][method.toLowerCase()];
}
