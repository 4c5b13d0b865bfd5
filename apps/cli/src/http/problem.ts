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

/** What stands between the caller and the store, or the store itself, does not answer now. */
const away: ReadonlySet<number> = new Set([502, 503, 504, 507]);

/** One sentence, then a line for each fault of the request. What the server calls malformed is wrong use of the command line. */
export function failureOf(status: number, body: unknown): Failure {
  const exitCode = away.has(status) ? 3 : status === 400 ? 2 : 1;
  if (!isProblem(body)) return new Failure(exitCode, `The server answered ${status} without saying why.`);
  const name = body.type.replace(/^\/problems\//, '');
  const sentence = body.detail ?? body.title ?? `The server answered ${status}.`;
  const faults = (body.errors ?? []).map(fault => {
    const where = fault.pointer ?? fault.parameter ?? fault.header;
    return where === undefined ? printable(fault.detail) : `${printable(where)}: ${printable(fault.detail)}`;
  });
  return new Failure(exitCode, `${printable(sentence)} (${printable(name)}, ${status})`, faults);
}
