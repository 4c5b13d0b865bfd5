import { Failure } from '../exit';
import { printable } from '../terminal/text';

/** RFC 9457, as the service answers it (interface.md §1). */
export interface Problem {
  readonly type: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer?: string; readonly parameter?: string; readonly header?: string; readonly detail: string }[];
}

export function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && typeof (body as Problem).type === 'string';
}

/** One sentence, then a line for each fault of the request. */
export function failureOf(status: number, body: unknown): Failure {
  const exitCode = status === 503 || status === 507 || status === 502 || status === 504 ? 3 : 1;
  if (!isProblem(body)) return new Failure(exitCode, `The server answered ${status} without saying why.`);
  const name = body.type.replace(/^\/problems\//, '');
  const sentence = body.detail ?? body.title ?? `The server answered ${status}.`;
  const faults = (body.errors ?? []).map(fault => {
    const where = fault.pointer ?? fault.parameter ?? fault.header;
    return where === undefined ? printable(fault.detail) : `${printable(where)}: ${printable(fault.detail)}`;
  });
  return new Failure(exitCode, `${printable(sentence)} (${printable(name)}, ${status})`, faults);
}
