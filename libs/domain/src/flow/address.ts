/** IPv4 and IPv6 addresses in canonical text, strictly read. Pure, and the only place that knows how an address is spelled. */

export interface Address {
  readonly family: 4 | 6;
  /** Dotted quad, or RFC 5952 §4. */
  readonly canonical: string;
}

/**
 * Reads an address; null for anything that is not exactly one: leading zeros, fewer than four parts, zones, IPv4-mapped
 * IPv6 (a second spelling of an IPv4 address), digits that are not ASCII.
 */
export function parseAddress(text: string): Address | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

export function isIpv6(canonical: string): boolean {
  return canonical.includes(':');
}

/** An interface may have it: it is neither the unspecified address, nor a group's, a broadcast, or of the reserved class E. */
export function isUnicast(canonical: string): boolean {
  return !isUnspecified(canonical) && (isIpv6(canonical) ? !/^ff..:/.test(canonical) : Number.parseInt(canonical, 10) < 224);
}

/** All zeros: nobody's. */
export function isUnspecified(canonical: string): boolean {
  return canonical === '0.0.0.0' || canonical === '::';
}

const dottedQuad = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;

function parseIpv4(text: string): Address | null {
  return dottedQuad.test(text) ? { family: 4, canonical: text } : null;
}

function parseIpv6(text: string): Address | null {
  if (text.length > 45) return null;
  const groups = expandGroups(text);
  if (groups === null || isMapped(groups)) return null;
  return { family: 6, canonical: formatIpv6(groups) };
}

/** The eight 16-bit groups, or null. */
function expandGroups(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = readGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? readGroups(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Groups between colons; the last may be an embedded dotted quad where `atEnd`. */
function readGroups(text: string, atEnd: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else if (atEnd && index === parts.length - 1 && dottedQuad.test(part)) {
      const [a, b, c, d] = part.split('.').map(Number) as [number, number, number, number];
      groups.push(a * 256 + b, c * 256 + d);
    } else return null;
  }
  return groups;
}

function isMapped(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}

/** RFC 5952 §4: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
export function formatIpv6(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
    if (end > i) i = end;
  }
  const hex = (from: number, to: number): string => groups.slice(from, to).map((group) => group.toString(16)).join(':');
  return start < 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

/** A 64-bit unsigned number in decimal text without leading zeros; null for anything else. */
export function parseUnsigned64(text: string): bigint | null {
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(text)) return null;
  const value = BigInt(text);
  return value < 1n << 64n ? value : null;
}
