import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020';
import { rejectionCatalogue } from '#domain';
import { problemCatalogue } from './problems/problem-catalogue';
import { referencePages } from './reference';
import { routes } from './routes';

describe('the reference', () => {
  it.each(Object.keys(referencePages()))('%s is what the source makes of it (`npm run reference` writes it)', (file) => {
    expect(readFileSync(file, 'utf8')).toBe(referencePages()[file]);
  });

  it('has a problem for every refusal of the rules', () => {
    expect(Object.keys(problemCatalogue)).toEqual(expect.arrayContaining(Object.keys(rejectionCatalogue)));
  });

  it('has an operation for every route, each with an id of its own', () => {
    const document = JSON.parse(referencePages()['docs/reference/openapi.json']!);
    const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((methods) => Object.values(methods));
    expect(operations).toHaveLength(Object.values(routes).flatMap((group) => Object.values(group)).length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('describes bodies with schemas that compile, and points nowhere else', () => {
    const document = JSON.parse(referencePages()['docs/reference/openapi.json']!);
    const ajv = new Ajv2020({ strict: false, formats: { address: true, unsigned64: true, rate: true, uuid: true, 'date-time': true, binary: true } });
    ajv.addSchema({ $id: 'openapi', components: document.components });
    const references = JSON.stringify(document).match(/#\/components\/schemas\/\w+/g) ?? [];
    expect(references.length).toBeGreaterThan(5);
    for (const reference of new Set(references)) expect(ajv.getSchema(`openapi${reference}`)).toBeDefined();
  });
});
