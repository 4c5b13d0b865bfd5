import type { Check } from '../health';
import { decimal, fields, oneOf, record, string } from './shape';

const check = fields<Check>({ status: oneOf('up', 'down'), detail: string, position: decimal }, ['detail', 'position']);

export const alive = fields<{ readonly status: 'up' }>({ status: oneOf('up') });

export const readiness = record<{ readonly status: Check['status']; readonly checks: { readonly store: Check; readonly projection: Check } }>('Readiness', {
  status: oneOf('up', 'down'),
  checks: fields({ store: check, projection: check }),
});
