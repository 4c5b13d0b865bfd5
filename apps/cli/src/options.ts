import { InvalidArgumentError } from 'commander';

/** Parsers of option values for commander: what they refuse ends with exit code 2. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(most === Number.MAX_SAFE_INTEGER ? `It must be a whole number from ${least} on.` : `It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** With or without a fraction. */
export function decimalNumber(least: number, most: number): (text: string) => number {
  return text => {
    const value = /^\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
    return value;
  };
}

/** A position of the ledger: decimal, beyond what a number can hold. */
export function position(text: string): string {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError('It must be a position: a whole number.');
  return text;
}

/** How fast to play: 1 is real time; `max` (or 0) as fast as it goes. */
export function speed(text: string): number {
  const value = text === 'max' ? 0 : /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a number, 1 for real time, or max.');
  return value === 0 ? Infinity : value;
}

/** Id of a handoff. */
export function uuid(text: string): string {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new InvalidArgumentError('It must be a UUID.');
  return text;
}

/** With `!` in front of it: any other. */
export function oneOrNot(values: readonly string[]): (text: string) => string {
  return text => {
    if (!values.includes(text.replace(/^!/, ''))) throw new InvalidArgumentError(`It must be one of ${values.join(', ')}, or one of them behind !.`);
    return text;
  };
}
