import { defaultMetadataStorage } from 'class-transformer/cjs/storage';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { ISchemaConverters } from 'class-validator-jsonschema/build/defaultConverters';
import { largestRate } from '#ledger';

/** As much of JSON Schema 2020-12 as the decorators of the commands need. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/** A class whose decorated fields are a request's body, or a part of one. */
export type BodyClass<T extends object = object> = new () => T;

/** Where the schemas of all body classes refer to each other. */
export const definitionsPrefix = '#/$defs/';

/** The custom rules of the commands; ajv knows each by the format of the same name. */
const customRules: ISchemaConverters = {
  address: { type: 'string', format: 'address' },
  unsigned64: { type: 'string', format: 'unsigned64' },
  // A format says nothing of numbers: their bound is `minimum`.
  rate: { type: ['number', 'string'], minimum: 0, maximum: largestRate, format: 'rate' },
};

let definitions: Readonly<Record<string, JsonSchema>> | undefined;

/** The schemas of every decorated class, by its name, made from the decorators of class-validator. */
export function bodyDefinitions(): Readonly<Record<string, JsonSchema>> {
  definitions ??= Object.fromEntries(
    Object.entries(
      validationMetadatasToSchemas({
        classTransformerMetadataStorage: defaultMetadataStorage,
        refPointerPrefix: definitionsPrefix,
        additionalConverters: customRules,
      }) as Record<string, JsonSchema>,
    ).map(([name, schema]) => [name, closed(schema)]),
  );
  return definitions;
}

/** Nothing but the decorated fields; an optional field may be null, as IsOptional has it. */
function closed(schema: JsonSchema): JsonSchema {
  const required = new Set(schema.required);
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, required.has(name) ? field : nullable(field)] as const);
  return { ...schema, properties: Object.fromEntries(properties), additionalProperties: false };
}

function nullable(field: JsonSchema): JsonSchema {
  if (field.$ref !== undefined) return { anyOf: [field, { type: 'null' }] };
  const type = typeof field.type === 'string' ? [field.type, 'null'] : [...(field.type ?? []), 'null'];
  return { ...field, type, ...(field.enum ? { enum: [...field.enum, null] } : {}) };
}

/** A command without decorated fields has no schema of its own: its body has no members. */
export function bodySchema(bodyClass: BodyClass): JsonSchema {
  return bodyDefinitions()[bodyClass.name] ?? { type: 'object', properties: {}, additionalProperties: false };
}

export function definitionOf(ref: string): JsonSchema {
  const schema = bodyDefinitions()[ref.slice(definitionsPrefix.length)];
  if (!schema) throw new Error(`no body class is named by ${ref}`);
  return schema;
}
