import type { ColumnKind } from './column-kinds';

/** Where a page ended: the value of the sorted column and the key of its last row. */
export interface Cursor {
  readonly sort: string | null;
  readonly value: string | null;
  readonly key: string;
}

export function writeCursor({ sort, value, key }: Cursor): string {
  return Buffer.from(JSON.stringify([sort, value, key])).toString('base64url');
}

/**
 * A cursor is opaque, not secret: whoever changes one gets other rows of the same list, or a fault. Its values are read as strictly as
 * filters are (F35).
 * @param kind of the column that is sorted by; null: by the key alone
 * @returns undefined for a text that is no cursor of a list in this order
 */
export function readCursor(text: string, sort: string | null, kind: ColumnKind | null): Cursor | undefined {
  if (!/^[A-Za-z0-9_-]{1,2048}$/.test(text)) return undefined;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 3) return undefined;
  const [of, value, key] = parts as readonly unknown[];
  if (of !== sort || typeof key !== 'string' || !isPosition(key)) return undefined;
  if (value === null) return { sort, value, key };
  const read = typeof value === 'string' ? kind?.read(value) : undefined;
  return read === undefined ? undefined : { sort, value: read, key };
}

function isPosition(text: string): boolean {
  return /^(?:0|[1-9][0-9]{0,18})$/.test(text) && BigInt(text) < 2n ** 63n;
}
