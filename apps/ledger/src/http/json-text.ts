import type { Fault } from '../problems/problem';

/** Deeper than any body of the API (a flow's sender stands at depth 4), and shallow enough for every recursion behind it. */
const maximumDepth = 32;
/** A body full of faults is answered with the first of them only. */
const maximumFaults = 100;
/** Names that reach the prototype of an object when copied carelessly; no body has a member of such a name. */
const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const numberToken = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;

/** The text breaks the grammar at this offset; everything read until there is moot. */
class NotJson extends Error {
  constructor(readonly offset: number) {
    super('not JSON');
  }
}

/**
 * Faults of a JSON text (RFC 8259) that JSON.parse passes over in silence: duplicate names, integers that a double cannot hold,
 * numbers beyond its range, NUL and lone surrogates in strings, names that pollute prototypes, nesting without end.
 * It recognises the whole grammar, so that a text without faults is one that JSON.parse reads to what is written there.
 */
export function jsonFaults(text: string): readonly Fault[] {
  const scan = new JsonScan(text);
  try {
    scan.document();
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    return [{ pointer: '', detail: notJsonSentence(text, error.offset) }];
  }
  return scan.faults;
}

function notJsonSentence(text: string, offset: number): string {
  if (offset >= text.length) return 'The body is not JSON: it ends too early.';
  const before = text.slice(0, offset).split('\n');
  return `The body is not JSON: line ${before.length}, column ${before.at(-1)!.length + 1} breaks the grammar.`;
}

class JsonScan {
  readonly faults: Fault[] = [];
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(private readonly text: string) {}

  document(): void {
    if (!this.#value()) return;
    this.#space();
    if (this.#at < this.text.length) throw new NotJson(this.#at);
  }

  /** False: too many faults, or nested too deeply; the rest is not looked at. */
  #value(): boolean {
    this.#space();
    const start = this.text[this.#at];
    if (start === '{' || start === '[') {
      if (this.#path.length >= maximumDepth) {
        this.#path.length = 0;
        this.#fault(`The body is nested more than ${maximumDepth} deep.`);
        return false;
      }
      this.#at += 1;
      return start === '{' ? this.#object() : this.#array();
    }
    if (start === '"') this.#checkText(this.#string());
    else if (start === 't') this.#word('true');
    else if (start === 'f') this.#word('false');
    else if (start === 'n') this.#word('null');
    else this.#number();
    return this.faults.length < maximumFaults;
  }

  #object(): boolean {
    const names = new Set<string>();
    for (let more = !this.#closes('}'); more; more = this.#continues('}')) {
      this.#space();
      if (this.text[this.#at] !== '"') throw new NotJson(this.#at);
      const name = this.#string();
      this.#path.push(name);
      if (names.has(name)) this.#fault('The name stands twice in its object.');
      if (forbiddenNames.has(name)) this.#fault('A member of this name is not accepted.');
      this.#checkText(name);
      names.add(name);
      this.#expect(':');
      if (!this.#value()) return false;
      this.#path.pop();
    }
    return true;
  }

  #array(): boolean {
    let index = 0;
    for (let more = !this.#closes(']'); more; more = this.#continues(']')) {
      this.#path.push(index);
      index += 1;
      if (!this.#value()) return false;
      this.#path.pop();
    }
    return true;
  }

  /** The text of the string at the cursor, escapes resolved. */
  #string(): string {
    const start = this.#at;
    let end = start + 1;
    let escaped = false;
    for (let code = this.text.charCodeAt(end); code !== 0x22; code = this.text.charCodeAt(end)) {
      // Control characters must be escaped; NaN is the end of the text.
      if (!(code >= 0x20)) throw new NotJson(end);
      escaped ||= code === 0x5c;
      end += code === 0x5c ? 2 : 1;
    }
    this.#at = end + 1;
    if (!escaped) return this.text.slice(start + 1, end);
    try {
      return JSON.parse(this.text.slice(start, end + 1)) as string;
    } catch {
      throw new NotJson(start);
    }
  }

  #checkText(value: string): void {
    if (value.includes('\0')) this.#fault('The text has a NUL character.');
    if (!value.isWellFormed()) this.#fault('The text has half of a surrogate pair.');
  }

  #number(): void {
    if (this.#shortInteger()) return;
    numberToken.lastIndex = this.#at;
    const token = numberToken.exec(this.text);
    if (!token) throw new NotJson(this.#at);
    this.#at = numberToken.lastIndex;
    const value = Number(token[0]);
    if (!Number.isFinite(value)) this.#fault('The number is too large.');
    // An exponent says that a magnitude is meant; digits that a double cannot hold would change in silence.
    else if (token[2] === undefined && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#fault('The number has more digits than can be kept; 64-bit numbers are decimal strings.');
    }
  }

  /** Most numbers: nothing is wrong with so few digits. */
  #shortInteger(): boolean {
    let end = this.#at;
    for (let code = this.text.charCodeAt(end); code >= 0x30 && code <= 0x39; code = this.text.charCodeAt(end)) end += 1;
    const digits = end - this.#at;
    const next = this.text[end];
    if (digits === 0 || digits > 15 || (digits > 1 && this.text[this.#at] === '0') || next === '.' || next === 'e' || next === 'E') return false;
    this.#at = end;
    return true;
  }

  #word(word: string): void {
    if (!this.text.startsWith(word, this.#at)) throw new NotJson(this.#at);
    this.#at += word.length;
  }

  #space(): void {
    for (let code = this.text.charCodeAt(this.#at); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; ) {
      this.#at += 1;
      code = this.text.charCodeAt(this.#at);
    }
  }

  #expect(character: string): void {
    this.#space();
    if (this.text[this.#at] !== character) throw new NotJson(this.#at);
    this.#at += 1;
  }

  #closes(bracket: string): boolean {
    this.#space();
    if (this.text[this.#at] !== bracket) return false;
    this.#at += 1;
    return true;
  }

  #continues(bracket: string): boolean {
    if (this.#closes(bracket)) return false;
    this.#expect(',');
    return true;
  }

  #fault(detail: string): void {
    this.faults.push({ pointer: jsonPointer(this.#path), detail });
  }
}

/** RFC 6901 §3. */
export function jsonPointer(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
