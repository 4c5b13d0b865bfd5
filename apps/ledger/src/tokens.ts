import { createHash, timingSafeEqual } from 'node:crypto';

/** Each role may do what the roles before it may. */
export const roles = ['reader', 'writer', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface Token {
  /** The actor that events name. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token: the file holds no token that could be stolen from it. */
  readonly sha256: Buffer;
}

/** Who asks, and what it may do. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
}

/** On a loopback host without tokens everybody is the administrator. */
export const anonymous: Actor = { name: 'anonymous', role: 'admin' };

/**
 * The tokens file: a line per token, `name role sha256`, the digest in hex; `#` begins a comment. Such a line is made by
 * `printf '%s writer %s\n' fa-1 "$(printf %s "$TOKEN" | sha256sum | cut -d' ' -f1)"`.
 */
export function parseTokens(text: string): { readonly tokens: readonly Token[]; readonly fault: string | null } {
  const tokens: Token[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') continue;
    const [name, role, sha256, ...rest] = content.split(/\s+/);
    const fault = lineFault(tokens, name!, role, sha256, rest);
    if (fault !== null) return { tokens: [], fault: `line ${index + 1} ${fault}` };
    tokens.push({ name: name!, role: role as Role, sha256: Buffer.from(sha256!, 'hex') });
  }
  return tokens.length > 0 ? { tokens, fault: null } : { tokens: [], fault: 'content is no token at all' };
}

function lineFault(earlier: readonly Token[], name: string, role: string | undefined, sha256: string | undefined, rest: readonly string[]): string | null {
  if (!/^[A-Za-z0-9._:@-]{1,64}$/.test(name)) return 'has a name of other characters than letters, digits and . _ : @ -';
  if (earlier.some((token) => token.name === name)) return 'has a name that stands on an earlier line';
  if (!roles.some((known) => known === role)) return `has another role than ${roles.join(', ')}`;
  if (sha256 === undefined || !/^[0-9a-f]{64}$/i.test(sha256)) return 'does not end with a SHA-256 digest of 64 hexadecimal digits';
  return rest.length > 0 ? 'has more than name, role and digest' : null;
}

/**
 * Whose token this is. All tokens are compared, in the same time each, so that the time of the answer tells nothing of them.
 * @param authorization the header, as it came
 */
export function actorOf(tokens: readonly Token[], authorization: string | undefined): Actor | null {
  const [, presented] = /^Bearer +([\x21-\x7e]{1,1024})$/i.exec(authorization ?? '') ?? [];
  if (presented === undefined) return null;
  const digest = createHash('sha256').update(presented).digest();
  return tokens.reduce<Actor | null>((found, token) => (timingSafeEqual(digest, token.sha256) ? token : found), null);
}

export function allows(actor: Actor, needed: Role): boolean {
  return roles.indexOf(actor.role) >= roles.indexOf(needed);
}
