/** Member names as JSON text: there are few of them, in many events. */
const quotedNames = new Map<string, string>();
const namesKept = 4_096;

/**
 * Canonical JSON text (RFC 8785): members sorted by UTF-16 code units, none that is undefined, no space. Held equal to an independent
 * implementation by test.
 * @throws TypeError for what JSON has no form of: bigint, NaN, infinities
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? listText(value) : objectText(value as Readonly<Record<string, unknown>>);
    default:
      throw new TypeError(`JSON has no ${typeof value}`);
  }
}

function listText(list: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < list.length; index += 1) text += `${index === 0 ? '' : ','}${list[index] === undefined ? 'null' : canonicalJson(list[index])}`;
  return `${text}]`;
}

function objectText(object: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const name of Object.keys(object).sort()) {
    const member = object[name];
    if (member !== undefined) text += `${text === '' ? '' : ','}${quoted(name)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

function quoted(name: string): string {
  const known = quotedNames.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(name);
  // Names of strangers are no reason to grow.
  if (quotedNames.size < namesKept) quotedNames.set(name, text);
  return text;
}
