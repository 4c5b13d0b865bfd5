import type { Column, ListColumns } from './column-kinds';
import { readCursor, type Cursor } from './cursor';
import { ParameterFaults, type ParameterFault } from './parameter-faults';

/** What a list is asked for. Texts are as they came; every one of them is read here. */
export interface ListRequest {
  /** Column → value; `!` in front of it negates, `null` is no value. */
  readonly filters?: Readonly<Record<string, string>>;
  /** A column; `-` in front of it: descending. */
  readonly sort?: string | null;
  /** 1–1000, 100 by default. */
  readonly limit?: number | null;
  /** `next` of the page before. */
  readonly after?: string | null;
  readonly minPosition?: bigint | null;
}

export const maximumLimit = 1_000;
const defaultLimit = 100;

/** A request that was read whole. */
export interface ReadRequest {
  readonly conditions: readonly { readonly column: Column; readonly value: string | null; readonly negated: boolean }[];
  readonly sort: { readonly name: string; readonly column: Column; readonly descending: boolean } | null;
  readonly limit: number;
  readonly cursor: Cursor | null;
}

/** @throws ParameterFaults with every fault */
export function readListRequest(columns: ListColumns, request: ListRequest): ReadRequest {
  const faults: ParameterFault[] = [];
  const conditions = Object.entries(request.filters ?? {}).flatMap(([name, text]) => {
    const condition = readFilter(columns, name, text);
    if ('detail' in condition) faults.push(condition);
    return 'detail' in condition ? [] : [condition];
  });
  const sort = readSort(columns, request.sort ?? null);
  if (sort !== null && 'detail' in sort) faults.push(sort);
  const limit = request.limit ?? defaultLimit;
  if (!Number.isInteger(limit) || limit < 1 || limit > maximumLimit) {
    faults.push({ parameter: 'limit', detail: `The value must be a whole number from 1 to ${maximumLimit}.` });
  }
  const order = sort !== null && 'column' in sort ? sort : null;
  const after = request.after ?? null;
  const cursor = after === null ? null : readCursor(after, request.sort ?? null, order?.column.kind ?? null);
  if (cursor === undefined) faults.push({ parameter: 'after', detail: 'The value must be `next` of a page of the same list in the same order.' });
  if (faults.length > 0) throw new ParameterFaults(faults);
  return { conditions, sort: order, limit, cursor: cursor ?? null };
}

function readFilter(columns: ListColumns, name: string, text: string): ReadRequest['conditions'][number] | ParameterFault {
  const column = Object.hasOwn(columns, name) ? columns[name]! : undefined;
  if (!column) return { parameter: name.slice(0, 64), detail: 'The list has no column of this name.' };
  const negated = text.startsWith('!');
  const operand = negated ? text.slice(1) : text;
  if (operand === 'null') return { column, value: null, negated };
  const value = column.kind.read(operand);
  if (value === undefined) return { parameter: name, detail: `The value must be ${column.kind.expected}.` };
  return { column, value, negated };
}

function readSort(columns: ListColumns, text: string | null): NonNullable<ReadRequest['sort']> | ParameterFault | null {
  if (text === null) return null;
  const descending = text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  const column = Object.hasOwn(columns, name) ? columns[name]! : undefined;
  if (column?.kind.sortable) return { name, column, descending };
  const names = Object.keys(columns).filter((each) => columns[each]!.kind.sortable);
  return { parameter: 'sort', detail: `The value must be a column, with - in front for descending: ${names.join(', ')}.` };
}
