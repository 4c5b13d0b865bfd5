import type { ProblemDocument } from '../problem.filter';
import { problemCatalogue } from '../problems/problem-catalogue';
import { fields, integer, list, oneOf, record, string, type Shape } from './shape';

interface Told extends ProblemDocument {
  readonly errors?: readonly ToldFault[];
}

/** One of pointer, parameter and header. */
interface ToldFault {
  readonly pointer?: string;
  /** Of a body of lines: the pointer is into this one. */
  readonly line?: number;
  readonly parameter?: string;
  readonly header?: string;
  readonly detail: string;
}

/** RFC 9457; the facts of a refusal stand beside what is listed. */
export const problem: Shape<Told> = {
  ...record<Told>(
    'Problem',
    {
      type: oneOf<string>(...Object.keys(problemCatalogue).map((name) => `/problems/${name}`)),
      title: string,
      status: integer,
      detail: string,
      errors: list(fields<ToldFault>({ pointer: string, line: integer, parameter: string, header: string, detail: string }, ['pointer', 'line', 'parameter', 'header'])),
    },
    ['errors'],
  ),
  additionalProperties: true,
};
