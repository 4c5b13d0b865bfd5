import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { isUUID } from 'class-validator';
import { parseAddress, parseUnsigned64 } from '#domain';
import type { Fault } from '../problems/problem';
import { canonicalReader } from './canonical-body';
import { crossFieldFaults } from './cross-field-faults';
import { faultsOf } from './fault-sentence';
import { bodyDefinitions, bodySchema, type BodyClass } from './json-schema';

export type BodyReading<T> = { readonly body: T; readonly faults: readonly [] } | { readonly body: null; readonly faults: readonly Fault[] };

/**
 * Reads bodies of one class: judged by a schema that is compiled from the class's decorators (a differential test holds schema and
 * decorators together), then canonical, then judged across fields.
 */
export class BodyReader<T extends object> {
  readonly #validate: ValidateFunction;
  readonly #canonical: (json: unknown) => unknown;

  constructor(private readonly bodyClass: BodyClass<T>) {
    this.#canonical = canonicalReader(bodySchema(bodyClass));
    this.#validate = compiler().compile({ ...bodySchema(bodyClass), $defs: bodyDefinitions() });
  }

  /** What the decorators refuse, field by field. */
  fieldFaults(json: unknown): readonly Fault[] {
    return this.#validate(json) ? [] : faultsOf(this.#validate.errors ?? []);
  }

  read(json: unknown): BodyReading<T> {
    const fieldFaults = this.fieldFaults(json);
    if (fieldFaults.length > 0) return { body: null, faults: fieldFaults };
    const body = Object.assign(new this.bodyClass(), this.#canonical(json));
    const faults = crossFieldFaults(body);
    return faults.length > 0 ? { body: null, faults } : { body, faults: [] };
  }
}

let ajv: Ajv2020 | undefined;

function compiler(): Ajv2020 {
  if (ajv) return ajv;
  ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true });
  ajv.addFormat('address', (text: string) => parseAddress(text) !== null);
  ajv.addFormat('unsigned64', (text: string) => parseUnsigned64(text) !== null);
  ajv.addFormat('rate', (text: string) => text === 'Infinity');
  ajv.addFormat('uuid', (text: string) => isUUID(text));
  return ajv;
}
