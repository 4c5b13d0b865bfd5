import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020';
import { rejectionCatalogue } from '#domain';
import { expectDescribed } from './answers/described.testing';
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

  it('describes every answer of JSON down to its fields', () => {
    const undescribed = Object.values(routes)
      .flatMap((group) => Object.values(group))
      .filter(({ answerTypes = ['application/json'], answer, row }) => answerTypes.some((type) => type.endsWith('json')) && !answer && !row);
    expect(undescribed.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  it('is what the answers of every suite are held to: a field too many, too few or of another type is told', () => {
    const held = (body: object): void => expectDescribed('GET', '/health/ready', 200, 'application/json', JSON.stringify(body));
    const up = { status: 'up' };
    expect(() => held({ status: 'up', checks: { store: up, projection: up } })).not.toThrow();
    expect(() => held({ status: 'up', checks: { store: up } })).toThrow(/projection/);
    expect(() => held({ status: 'up', checks: { store: up, projection: { status: 1 } } })).toThrow(/status/);
    expect(() => held({ status: 'up', checks: { store: up, projection: up }, more: 1 })).toThrow(/additional/);
    expect(() => expectDescribed('GET', '/health/ready', 299, 'application/json', '{}')).toThrow(/does not tell/);
  });
});
