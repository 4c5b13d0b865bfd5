import { registerDecorator, type ValidationOptions } from 'class-validator';
import { parseAddress, parseUnsigned64 } from '#domain';
import { naiPattern } from '#signalling';

/** Ids of foreign agents (interface.md §1); also what a path segment must match. */
export const foreignAgentIdPattern = /^[A-Za-z0-9._:-]{1,64}$/;
/** An NAI (realm optional) or `homeAddress@homeAgent`: whatever a capture takes for an NAI is asked for here, too. */
export const mobileNodeIdPattern = naiPattern;

/** A custom rule is known to the compiled schema by the `format` of the same name. */
function format(name: string, message: string, test: (value: unknown) => boolean) {
  return (options?: ValidationOptions): PropertyDecorator =>
    (target, property) =>
      registerDecorator({
        name,
        target: target.constructor,
        propertyName: property as string,
        options: { message: `$property ${message}`, ...options },
        validator: { validate: test },
      });
}

/** An IPv4 or IPv6 address in any correct spelling; no zone, no IPv4-mapped IPv6, no leading zeros (faults.md F25). */
export const IsAddress = format('address', 'must be an IPv4 or IPv6 address', (value) => typeof value === 'string' && parseAddress(value) !== null);

/** A 64-bit unsigned number as decimal text. */
export const IsUnsigned64 = format('unsigned64', 'must be a decimal string of a 64-bit unsigned number', (value) => typeof value === 'string' && parseUnsigned64(value) !== null);

/** Of RFC 2215's 32-bit floats, the largest that is a number. */
export const largestRate = 3.4028234663852886e38;

/** From 0 to the largest 32-bit float, or the text "Infinity". */
export const IsRate = format('rate', `must be a number of bytes per second from 0 to ${largestRate}, or "Infinity"`, isRate);

function isRate(value: unknown): boolean {
  return value === 'Infinity' || (typeof value === 'number' && value >= 0 && value <= largestRate);
}
